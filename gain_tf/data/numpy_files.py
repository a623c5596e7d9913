"""Reading NumPy files in the threads of the input pipeline."""

import threading

ONE_READER = threading.Lock()
"""Held while a NumPy file is read.

NumPy reads the header by Python's own parser, and CPython 3.11 counts for all threads together how
deep that parser is: two of them at once may end in a SystemError.
"""
