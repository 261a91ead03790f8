"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const unpacked = (text) => new Uint16Array(Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0)).buffer);
  const [xs, ys, cluster, language] = [data.x, data.y, data.cluster, data.language].map(unpacked);
  const count = xs.length, full = 65535;
  const canvas = document.getElementById("points"), pen = canvas.getContext("2d");
  const hint = document.getElementById("hint"), legend = document.getElementById("legend");
  const ways = {
    clusters: { groups: data.clusters, of: cluster, hidden: new Set() },
    languages: { groups: data.languages, of: language, hidden: new Set() },
  };
  let way = ways.clusters, view = { x: 0, y: 0, scale: 1 }, pointed = -1, asked = false;

  // The points of each group together, so that a colour is set once; the largest group is drawn first.
  for (const one of Object.values(ways)) {
    const starts = new Uint32Array(one.groups.length + 1);
    for (let i = 0; i < count; i++) starts[one.of[i] + 1]++;
    for (let g = 0; g < one.groups.length; g++) starts[g + 1] += starts[g];
    const next = starts.slice();
    one.rows = new Uint32Array(count);
    for (let i = 0; i < count; i++) one.rows[next[one.of[i]]++] = i;
    one.starts = starts;
    one.order = one.groups.map((_, g) => g).sort((a, b) =>
      (one.groups[a].x === undefined ? 0 : 1) - (one.groups[b].x === undefined ? 0 : 1) || a - b);
  }

  // A grid of cells with the points in each, to find what the pointer is at.
  const cells = 128, cellOf = (value) => Math.min(cells - 1, (value * cells / (full + 1)) | 0);
  const cellStarts = new Uint32Array(cells * cells + 1), cellRows = new Uint32Array(count);
  for (let i = 0; i < count; i++) cellStarts[cellOf(ys[i]) * cells + cellOf(xs[i]) + 1]++;
  for (let c = 0; c < cells * cells; c++) cellStarts[c + 1] += cellStarts[c];
  const cellNext = cellStarts.slice();
  for (let i = 0; i < count; i++) cellRows[cellNext[cellOf(ys[i]) * cells + cellOf(xs[i])]++] = i;

  const visible = (i) => !ways.clusters.hidden.has(cluster[i]) && !ways.languages.hidden.has(language[i]);
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const side = () => Math.min(canvas.clientWidth, canvas.clientHeight) - 40;
  const origin = () => [(canvas.clientWidth - side()) / 2, (canvas.clientHeight - side()) / 2];
  const toScreen = (x, y) => {
    const [left, top] = origin(), size = side();
    return [left + ((x - view.x) * view.scale) * size, top + ((y - view.y) * view.scale) * size];
  };
  const toMap = (sx, sy) => {
    const [left, top] = origin(), size = side();
    return [(sx - left) / size / view.scale + view.x, (sy - top) / size / view.scale + view.y];
  };

  function draw() {
    asked = false;
    const ratio = window.devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    const size = Math.min(7, (count > 20000 ? 2 : count > 3000 ? 3 : 4.5) * Math.sqrt(Math.sqrt(view.scale)));
    const [left, top] = toScreen(0, 0), step = side() * view.scale / full;
    pen.globalAlpha = 0.8;
    for (const g of way.order) {
      if (way.hidden.has(g)) continue;
      pen.fillStyle = way.groups[g].colour;
      pen.beginPath();
      for (let at = way.starts[g]; at < way.starts[g + 1]; at++) {
        const i = way.rows[at];
        const x = left + xs[i] * step, y = top + ys[i] * step;
        if (x < -9 || y < -9 || x > width + 9 || y > height + 9 || !visible(i)) continue;
        if (count > 8000) pen.rect(x - size / 2, y - size / 2, size, size);
        else { pen.moveTo(x + size / 2, y); pen.arc(x, y, size / 2, 0, 7); }
      }
      pen.fill();
    }
    pen.globalAlpha = 1;
    names(width, height);
    if (pointed >= 0) {
      pen.strokeStyle = colour("--ink");
      pen.lineWidth = 2;
      pen.beginPath();
      pen.arc(left + xs[pointed] * step, top + ys[pointed] * step, size / 2 + 3, 0, 7);
      pen.stroke();
    }
  }

  function names(width, height) {
    pen.font = "600 12px " + getComputedStyle(document.body).fontFamily;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    const taken = [];
    data.clusters.forEach((group, g) => {
      if (group.x === undefined || ways.clusters.hidden.has(g)) return;
      const [x, y] = toScreen(group.x, group.y), half = pen.measureText(group.short).width / 2 + 5;
      if (x < 0 || y < 0 || x > width || y > height) return;
      if (taken.some((other) => Math.abs(other.x - x) < other.half + half && Math.abs(other.y - y) < 18)) return;
      const middle = Math.max(half, Math.min(width - half, x));
      taken.push({ x: middle, y, half });
      pen.fillStyle = colour("--halo");
      pen.fillRect(middle - half, y - 9, 2 * half, 18);
      pen.fillStyle = colour("--ink");
      pen.fillText(group.short, middle, y);
    });
  }

  const redraw = () => { if (!asked) { asked = true; requestAnimationFrame(draw); } };

  function nearest(sx, sy) {
    const reach = 9, [x0, y0] = toMap(sx - reach, sy - reach), [x1, y1] = toMap(sx + reach, sy + reach);
    if (x1 < 0 || y1 < 0 || x0 > 1 || y0 > 1) return -1;
    const clip = (value) => cellOf(Math.max(0, Math.min(1, value)) * full);
    let best = -1, least = reach * reach;
    const [left, top] = toScreen(0, 0), step = side() * view.scale / full;
    for (let row = clip(y0); row <= clip(y1); row++) {
      for (let at = cellStarts[row * cells + clip(x0)]; at < cellStarts[row * cells + clip(x1) + 1]; at++) {
        const i = cellRows[at], dx = left + xs[i] * step - sx, dy = top + ys[i] * step - sy;
        if (dx * dx + dy * dy < least && visible(i)) { least = dx * dx + dy * dy; best = i; }
      }
    }
    return best;
  }

  function point(sx, sy) {
    const found = nearest(sx, sy);
    if (found !== pointed) { pointed = found; redraw(); }
    hint.hidden = found < 0;
    if (found < 0) return;
    const text = document.createElement("div"), about = document.createElement("small");
    text.dir = "auto";
    text.textContent = data.texts.length ? data.texts[found] : "row " + (found + 1);
    about.textContent = data.languages[language[found]].name + " · " + data.clusters[cluster[found]].name;
    hint.replaceChildren(text, about);
    const right = sx + 16 + hint.offsetWidth > canvas.clientWidth, low = sy + 16 + hint.offsetHeight > canvas.clientHeight;
    hint.style.left = Math.max(4, right ? sx - 12 - hint.offsetWidth : sx + 16) + "px";
    hint.style.top = Math.max(4, low ? sy - 12 - hint.offsetHeight : sy + 16) + "px";
  }

  function zoom(factor, sx, sy) {
    const [x, y] = toMap(sx, sy);
    view.scale = Math.max(0.8, Math.min(200, view.scale * factor));
    const [nx, ny] = toMap(sx, sy);
    view.x += x - nx;
    view.y += y - ny;
    redraw();
  }

  const fingers = new Map();
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), event.offsetX, event.offsetY);
  }, { passive: false });
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, [event.offsetX, event.offsetY]);
    canvas.classList.add("moving");
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId), now = [event.offsetX, event.offsetY];
    if (!before) { point(...now); return; }
    if (fingers.size === 2) {
      const other = [...fingers].find(([id]) => id !== event.pointerId)[1];
      const apart = (a) => Math.hypot(a[0] - other[0], a[1] - other[1]);
      zoom(apart(now) / Math.max(1, apart(before)), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
    } else {
      view.x -= (now[0] - before[0]) / side() / view.scale;
      view.y -= (now[1] - before[1]) / side() / view.scale;
      redraw();
    }
    fingers.set(event.pointerId, now);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, (event) => { fingers.delete(event.pointerId); canvas.classList.remove("moving"); });
  }
  canvas.addEventListener("pointerleave", () => { pointed = -1; hint.hidden = true; redraw(); });
  canvas.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const [x, y] = [canvas.clientWidth / 2, canvas.clientHeight / 2];
    if (move) { view.x += move[0] * 0.1 / view.scale; view.y += move[1] * 0.1 / view.scale; redraw(); }
    else if (event.key === "+" || event.key === "=") zoom(1.3, x, y);
    else if (event.key === "-") zoom(1 / 1.3, x, y);
    else return;
    event.preventDefault();
  });

  function list() {
    legend.replaceChildren(...way.groups.map((group, g) => {
      const item = document.createElement("li"), button = document.createElement("button");
      const [spot, name, size] = ["i", "span", "b"].map((tag) => document.createElement(tag));
      spot.style.background = group.colour;
      name.dir = "auto";
      name.textContent = group.name;
      size.textContent = group.size.toLocaleString("en");
      button.append(spot, name, size);
      button.setAttribute("aria-pressed", !way.hidden.has(g));
      button.addEventListener("click", () => { if (!way.hidden.delete(g)) way.hidden.add(g); mark(); });
      button.addEventListener("dblclick", () => {
        const alone = way.hidden.size === way.groups.length - 1 && !way.hidden.has(g);
        way.hidden = new Set(alone ? [] : way.groups.map((_, other) => other).filter((other) => other !== g));
        mark();
      });
      item.append(button);
      return item;
    }));
  }
  function mark() {
    [...legend.querySelectorAll("button")].forEach((button, g) => button.setAttribute("aria-pressed", !way.hidden.has(g)));
    redraw();
  }

  for (const button of document.querySelectorAll("[data-by]")) {
    button.addEventListener("click", () => {
      way = ways[button.dataset.by];
      document.querySelectorAll("[data-by]").forEach((one) => one.setAttribute("aria-pressed", one === button));
      list();
      redraw();
    });
  }
  document.getElementById("reset").addEventListener("click", () => {
    view = { x: 0, y: 0, scale: 1 };
    for (const one of Object.values(ways)) one.hidden.clear();
    mark();
  });
  new ResizeObserver(redraw).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  list();
  redraw();
})();
