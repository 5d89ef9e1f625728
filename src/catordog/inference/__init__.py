"""Answers photos with a trained model: the model file, the classifier, the shipped models.

ONNX Runtime is imported here and nowhere else (but for the quantizer in `training`).
"""
