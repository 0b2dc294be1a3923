# The AWS CLI, loaded once: each command is a fork of this process, with the words, folder, environment and files of the
# aws that was called. Its argument is the socket. It ends, and removes its folder, when its standard input ends.
import functools
import importlib
import json
import os
import selectors
import shutil
import signal
import socket
import sys
import time
import traceback

import awscli
import awscli.clidriver
import awscli.handlers  # noqa: F401 what every command reads
import botocore.auth  # noqa: F401
import botocore.endpoint  # noqa: F401
import botocore.loaders


# What describes a service is read once, and every fork has it.
botocore.loaders.JSONFileLoader.load_file = functools.cache(botocore.loaders.JSONFileLoader.load_file)
files = botocore.loaders.JSONFileLoader()
botocore.loaders.JSONFileLoader.__new__ = lambda cls: files


def describe(words):
    service = next((word for word in words if not word.startswith("-")), "")
    folder = os.path.join(os.path.dirname(botocore.__file__), "data", service)
    if service.replace("-", "").isalnum() and os.path.isdir(folder):
        newest = os.path.join(folder, max(os.listdir(folder)))
        for name in os.listdir(newest):
            files.load_file(os.path.join(newest, name.split(".")[0]))


def received(connection):
    head, given, _, _ = socket.recv_fds(connection, 4, 3)
    left, parts = int.from_bytes(head, "big"), []
    while left:
        part = connection.recv(min(left, 1 << 16))
        if not part:
            break
        parts.append(part)
        left -= len(part)
    return given, json.loads(b"".join(parts))


def command(connection, given, words, folder, environment):
    for number, file in enumerate(given):
        os.dup2(file, number)
    os.environ.clear()
    os.environ.update(environment)
    importlib.reload(awscli)  # it puts its own folder into AWS_DATA_PATH
    os.chdir(folder)
    time.tzset()
    sys.argv[1:] = words
    code = 255
    try:
        code = awscli.clidriver.main()
    except SystemExit as e:
        code = e.code if isinstance(e.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except OSError:
                pass
        connection.sendall(bytes([(code or 0) & 255]))
        os._exit(0)


listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen(64)
sys.argv = ["aws"]
awscli.clidriver.create_clidriver().create_help_command()  # reads what all services share
ready = selectors.DefaultSelector()
ready.register(listener, selectors.EVENT_READ)
ready.register(sys.stdin, selectors.EVENT_READ)
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
print("ready", flush=True)
while True:
    for key, _ in ready.select():
        if key.fileobj is not listener:
            shutil.rmtree(os.path.dirname(listener.getsockname()), ignore_errors=True)
            os._exit(0)
        connection, _ = listener.accept()
        given, said = received(connection)
        describe(said[0])
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            listener.close()
            command(connection, given, *said)
        connection.close()
        for file in given:
            os.close(file)
