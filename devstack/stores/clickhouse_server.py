"""ClickHouse as a process of its own: `python -m devstack.stores.clickhouse_server LIBRARY CONFIG START_SQL`.

The library holds clickhouse-local, which can open ClickHouse's real interfaces. It keeps serving while it waits for
the rest of its input, a pipe that stays open; SIGTERM closes the pipe and ends it cleanly.
"""

import ctypes
import os
import pty
import signal
import sys
import threading


def main(library: str, config: str, start_sql: str) -> int:
    """Serve until SIGTERM; gives 1 when the server ends by itself."""
    # Without a terminal on its input, clickhouse-local dies of any protocol error of any client.
    terminal, standard_input = pty.openpty()
    os.dup2(standard_input, 0)
    waiting, held_open = os.pipe()
    stopped = threading.Event()
    arguments = [
        "clickhouse-local",
        "--config-file",
        config,
        "--interactive",
        "--queries-file",
        start_sql,
        "--queries-file",
        f"/dev/fd/{waiting}",
    ]
    server = threading.Thread(target=_serve, args=(library, arguments), daemon=True)

    def stop(_number: int, _frame: object) -> None:
        if not stopped.is_set():
            stopped.set()
            os.close(held_open)
            os.close(terminal)  # after its files it would ask the terminal for more

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    server.start()
    while server.is_alive():
        server.join(1.0)  # with a limit: signals are handled between the waits
    return 0 if stopped.is_set() else 1


def _serve(library: str, arguments: list[str]) -> None:
    texts = [argument.encode() for argument in arguments]
    function = ctypes.CDLL(library).query_stable_v2
    function.restype = ctypes.c_void_p
    function(len(texts), (ctypes.c_char_p * len(texts))(*texts))


if __name__ == "__main__":
    code = main(*sys.argv[1:])
    sys.stdout.flush()
    os._exit(code)  # the library's own threads do not survive Python's ordinary end
