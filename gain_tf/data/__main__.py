"""`python -m gain_tf.data`."""

from gain_tf.cli import run
from gain_tf.data_commands import data

if __name__ == "__main__":
    run(data, "gain-tf data")
