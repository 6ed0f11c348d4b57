"""The page of figures, and each plot as a file."""

import csv
import io
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from starlette.responses import Response

from triage.desk import Desk, figures
from triage.desk.figures import Plot
from triage.store import learning
from triage.web.house import plots
from triage.web.paper import Paper
from triage.web.sessions import visiting

DAYS = 30
NAMES = {7: "7 days", 30: "30 days", 90: "90 days", 365: "a year"}
SVG_HEADERS = {"Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'"}


def add_routes(app: FastAPI, desk: Desk, paper: Paper) -> None:
    """GET /figures, /figures/NAME.csv and /figures/NAME.svg, for those who sign replies."""

    @app.get("/figures")
    def page(request: Request) -> Response:
        days = _days(request)
        found = figures.figures(desk, visiting(request), days)
        return paper.show(
            request,
            "figures.html",
            plots=[(plot, plots.draw(plot)) for plot in found],
            days=days,
            periods=figures.PERIODS,
            names=NAMES,
            few=figures.FEW,
            value=plots.value,
            versions=list(reversed(learning.versions(desk.db)))[:20],
            **_COLOURS,
        )

    @app.get("/figures/{name}.csv")
    def numbers(request: Request, name: str) -> Response:
        plot = _plot(request, name)
        return Response(_csv(plot), media_type="text/csv; charset=utf-8", headers=_as_file(f"{name}.csv"))

    @app.get("/figures/{name}.svg")
    def picture(request: Request, name: str) -> Response:
        plot = _plot(request, name)
        svg = paper.render("plot.svg", plot=plot, drawing=plots.draw(plot), **_COLOURS)
        return Response(svg, media_type="image/svg+xml", headers=_as_file(f"{name}.svg") | SVG_HEADERS)

    def _plot(request: Request, name: str) -> Plot:
        found = {plot.name: plot for plot in figures.figures(desk, visiting(request), _days(request))}
        if name not in found:
            raise HTTPException(404)
        return found[name]


_COLOURS: dict[str, Any] = {"ink": plots.INK, "rule": plots.RULE, "colours": plots.COLOURS}


def _csv(plot: Plot) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(figures.table(plot))
    return out.getvalue()


def _days(request: Request) -> int:
    asked = request.query_params.get("days", str(DAYS))
    if asked not in map(str, figures.PERIODS):
        raise HTTPException(404)
    return int(asked)


def _as_file(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="triage-{name}"'}
