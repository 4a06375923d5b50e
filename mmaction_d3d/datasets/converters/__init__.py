"""Published data sets as annotation pickles that :class:`RGBPoseDataset` reads."""
