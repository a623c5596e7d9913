"""How an exported graph calls what it takes and what it gives."""

IMAGE, SCORES = "image", "scores"
ATTENTION, ATTENTION_CLASS = "attention", "attention_class"
CLASS_MAP, PROBABILITIES = "class_map", "probabilities"
