"""`python -m gain_export`: the same as `gain-tf export`."""

from gain_export.commands import export
from gain_tf.cli import run

if __name__ == "__main__":
    run(export, "gain-tf export")
