"""Runs the service: the schedule in its threads, the desk in the browser in this one."""

import signal

import uvicorn

from triage import web
from triage.wiring import Service


def serve(service: Service) -> None:
    """Serve until SIGTERM or Ctrl-C, then let a running send end."""
    bells = service.schedule()
    desk = service.settings.desk
    app = web.create_app(service.desk, secure_cookies=desk.secure_cookies, wake=bells.ring)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=desk.host,
            port=desk.port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=5,
        )
    )
    # uvicorn raises the signal again after its own shutdown; by then these handlers stand, and the
    # rest of the house is closed below in good order.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    bells.start()
    try:
        server.run()
    finally:
        bells.stop()
