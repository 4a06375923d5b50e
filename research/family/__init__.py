"""The family of sizes beside RGBPose-Conv3D on the quickstart's clips: ``ablate.py family``."""
