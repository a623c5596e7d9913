"""From attention to masks: cues, and the dense CRF that follows the edges of the image."""
