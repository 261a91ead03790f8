"""The map of clusters as a page: one file with the points packed into it, drawn by a script of its own."""

from __future__ import annotations

import base64
import json
from html import escape
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from interlingua.reports.cluster_map import ClusterMap, Group, short_name
from interlingua.reports.labels import shortened
from interlingua.reports.svg import FONTS

_TEXT, _NAME = 240, 48
_FULL = 65_535
# No script, picture or connection from elsewhere: whatever the texts hold, the page shows it and does nothing.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def to_page(plot: ClusterMap) -> str:
    """A whole HTML document."""
    style = _resource("cluster_map.css").replace("FONTS", FONTS)
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width">\n<meta name="color-scheme" content="light dark">',
            f"<title>{escape(plot.title)}</title>\n<style>\n{style}</style>\n</head>\n<body>",
            f'<header><h1 dir="auto">{escape(plot.title)}</h1><p>{escape(plot.note)}</p></header>',
            '<main><div id="map"><canvas id="points" tabindex="0" aria-label="Map of the clusters"></canvas>'
            '<div id="hint" hidden></div></div>',
            '<aside><div id="choice" role="group" aria-label="Colour by">'
            '<button data-by="clusters" aria-pressed="true">by cluster</button>'
            '<button data-by="languages" aria-pressed="false">by language</button>'
            '<button id="reset">whole map</button></div>'
            '<p id="help">Wheel or pinch to zoom, drag to move. Click a name below to hide or show it, double-click to see it '
            "alone.</p>",
            '<ul id="legend"></ul></aside></main>',
            f'<script type="application/json" id="data">{_json(_data(plot))}</script>',
            f"<script>\n{_resource('cluster_map.js')}</script>\n</body>\n</html>\n",
        ]
    )


def _data(plot: ClusterMap) -> dict[str, Any]:
    return {
        "x": _packed(plot.places[:, 0] * _FULL),
        "y": _packed(plot.places[:, 1] * _FULL),
        "cluster": _packed(plot.clusters),
        "language": _packed(plot.langs),
        "texts": [shortened(text, _TEXT) for text in plot.texts],
        "clusters": [_group(group) for group in plot.cluster_groups],
        "languages": [_group(group) for group in plot.language_groups],
    }


def _group(group: Group) -> dict[str, object]:
    placed = group.x == group.x  # NaN differs from itself
    place = {"x": round(group.x, 4), "y": round(group.y, 4)} if placed else {}
    names = {"name": shortened(group.name, _NAME), "short": shortened(short_name(group.name), _NAME)}
    return {**names, "size": group.size, "colour": group.colour, **place}


def _packed(values: NDArray[Any]) -> str:
    """Numbers from 0 to 65535 in two bytes each."""
    return base64.b64encode(np.round(values).astype("<u2").tobytes()).decode()


def _json(data: dict[str, Any]) -> str:
    """JSON that ends no script element and holds no line break that a script knows."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _resource(name: str) -> str:
    return resources.files("interlingua.reports").joinpath(name).read_text(encoding="utf-8")
