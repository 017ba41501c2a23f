"""Images as tensors: embedded and external sources, one file format, augmentation on the device."""
