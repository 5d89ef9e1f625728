"""How right a model is on labelled photos."""
