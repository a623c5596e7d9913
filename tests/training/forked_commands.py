"""`python -m gain_tf.VERB` again and again, each in a process of its own, TensorFlow loaded once.

Loading it takes longer than a tiny run. The processes are forks of one that has only imported it:
not an operation has run there.
"""

import contextlib
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
import time
from pathlib import Path


class Commands:
    """A process that starts commands; they write to `log`.

    Every command is a session of its own, whose processes `kill` all ends.
    """

    def __init__(self, log):
        self.log = log
        self.pid = None
        self._parent = subprocess.Popen(
            [sys.executable, "-W", "ignore", __file__, str(log)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, module, *arguments):
        """Run `python -m module arguments`."""
        self._parent.stdin.write(json.dumps([module, *map(str, arguments)]) + "\n")
        self._parent.stdin.flush()
        self.pid = int(self._parent.stdout.readline())

    def ended(self):
        """Whether the command has come to an end, which is not yet asked for by `wait`."""
        return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"

    def kill(self):
        """Kill -9."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        return self.wait()

    def wait(self):
        """Return the exit status, negative for a signal."""
        self._parent.stdin.write("\n")
        self._parent.stdin.flush()
        return int(self._parent.stdout.readline())

    def close(self):
        self._parent.stdin.close()
        self._parent.wait(60)
        self._parent.stdout.close()


def _run(log, module, arguments):
    os.setsid()
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(output, 1)
    os.dup2(output, 2)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _serve(log):
    # What takes long to load.
    importlib.import_module("gain_tf.training.run")
    for line in sys.stdin:
        module, *arguments = json.loads(line)
        pid = os.fork()
        if not pid:
            _run(log, module, arguments)
        # Known to the starter before it is a session of its own: wait until it is.
        while os.getpgid(pid) != pid:
            time.sleep(0.001)
        print(pid, flush=True)
        sys.stdin.readline()
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    _serve(sys.argv[1])
