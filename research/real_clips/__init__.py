"""D3D and the models it is compared with on real clips: folds of UT-Interaction set 1."""
