"""Runs the service: the schedule in its threads, the desk in the browser in this one."""

import errno
import signal
import socket
from collections.abc import Callable

import uvicorn

from triage import web
from triage.errors import ConfigError, Temporary
from triage.wiring import Service


class Server(uvicorn.Server):
    """uvicorn, which lets open streams end before it waits for its connections to: they have no end of their own."""

    def __init__(self, config: uvicorn.Config, end_streams: Callable[[], None]) -> None:
        super().__init__(config)
        self._end_streams = end_streams

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._end_streams()
        await super().shutdown(sockets)


def configured(app: web.App) -> uvicorn.Config:
    """How uvicorn serves the desk."""
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
        # Wrong passwords are counted for each address, so nobody but a web server on this machine says from which
        # one a request came; left out, uvicorn would take this from the environment.
        forwarded_allow_ips=["127.0.0.1", "::1"],
    )


def serve(service: Service) -> None:
    """Serve until SIGTERM or Ctrl-C, then let a running send end.

    Raises ConfigError, and Temporary while a port is taken.
    """
    desk = service.settings.desk
    try:
        listener = socket.create_server((desk.host, desk.port))
    except OSError as error:
        kind = Temporary if error.errno == errno.EADDRINUSE else ConfigError  # a supervisor tries the former again
        raise kind(
            f"The desk cannot be opened at {desk.host}:{desk.port}: {error.strerror}. "
            "Next: stop what uses that port, or set another one in [desk] port."
        ) from error
    # Or else the body of each answer waits, some 40 ms, until the browser has acknowledged its headers.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    metrics = None
    if desk.metrics_port:
        from triage.metrics import Metrics

        metrics = service.metrics = Metrics(service.desk)
        metrics.serve(desk.metrics_port)
    bells = service.schedule()
    app = web.create_app(
        service.desk,
        secure_cookies=desk.secure_cookies,
        wake=bells.ring,
        caller=service.caller,
        oidc=service.settings.oidc,
    )
    server = Server(configured(app), end_streams=app.state.live.close)
    # uvicorn raises the signal again after its own shutdown; by then these handlers stand, and the
    # rest of the house is closed below in good order.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    bells.start()
    try:
        server.run(sockets=[listener])
    finally:
        bells.stop()
        if metrics is not None:
            metrics.stop()
        listener.close()
