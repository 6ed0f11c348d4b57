"""Runs the service: the schedule in its threads, the desk in the browser in this one."""

import signal
import socket

import uvicorn

from triage import web
from triage.errors import ConfigError
from triage.wiring import Service


def serve(service: Service) -> None:
    """Serve until SIGTERM or Ctrl-C, then let a running send end. Raises ConfigError."""
    desk = service.settings.desk
    try:
        listener = socket.create_server((desk.host, desk.port))
    except OSError as error:
        raise ConfigError(
            f"The desk cannot be opened at {desk.host}:{desk.port}: {error.strerror}. "
            "Next: stop what uses that port, or set another one in [desk] port."
        ) from error
    bells = service.schedule()
    app = web.create_app(service.desk, secure_cookies=desk.secure_cookies, wake=bells.ring)
    server = uvicorn.Server(
        uvicorn.Config(app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=5)
    )
    # uvicorn raises the signal again after its own shutdown; by then these handlers stand, and the
    # rest of the house is closed below in good order.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    bells.start()
    try:
        server.run(sockets=[listener])
    finally:
        bells.stop()
        listener.close()
