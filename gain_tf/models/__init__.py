"""Networks as features and head, and the model that guides their attention."""
