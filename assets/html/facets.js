// @ts-check
// The axes of panels: each has a frame, a title, ticks and a grid of its own; the figure has the titles of the axes.
// Twin: app/scene/src/figure/facets.rs.

const FEW_PANELS_SIZE = 0.92;
const MANY_PANELS_SIZE = 0.82;
const MOST_FEW_PANELS = 6;
const LEAST_EDGE = 2;
/** Axis of the scene that each axis of a panel is. */
const PANEL_AXES = [0, 2];

/** Draws the frames, axes and titles of the panels; returns their walls. @param {AxisLayout} layout @returns {Vec3[][]} */
function layFacets(layout) {
  const { figure, camera } = layout, { facets } = figure;
  const font = figure.font * (facets.length <= MOST_FEW_PANELS ? FEW_PANELS_SIZE : MANY_PANELS_SIZE);
  const back = layout.back[1], front = 1 - back;
  const unit = (/** @type {FacetData} */ { corners: [low, high] }, /** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ z) =>
    /** @type {Vec3} */ ([low[0] + x * (high[0] - low[0]), y, low[1] + z * (high[1] - low[1])]);
  const project = (/** @type {Vec3} */ at) => camera.project(at[0], at[1], at[2]);
  const walls = facets.map((facet) => [[0, 0], [1, 0], [1, 1], [0, 1]].map(([x, z]) => unit(facet, x, back, z)));
  layout.panels = facets.map((facet) => {
    const [a, b] = [project(unit(facet, 0, 0, 0)), project(unit(facet, 1, 0, 1))];
    return [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.abs(a[0] - b[0]), Math.abs(a[1] - b[1])];
  });
  let spacing = Infinity;
  layout.panels.forEach(([x, y, w], i) => {
    const next = layout.panels[i + 1];
    if (next && Math.abs(next[1] - y) < 1) spacing = Math.min(spacing, Math.abs(next[0] + next[2] / 2 - x - w / 2));
  });
  facets.forEach((facet, i) => {
    walls[i].forEach((corner, at) => layout.lines.push({ ends: [corner, walls[i][(at + 1) % 4]], width: 0.5, colour: 'edge' }));
    const [left, right] = [project(unit(facet, 0, 0, 1)), project(unit(facet, 1, 0, 1))];
    const width = Math.max(Math.hypot(right[0] - left[0], right[1] - left[1]), Number.isFinite(spacing) ? spacing - font : 0);
    const text = elidedMiddle(facet.title, (title) => textWidth(figure, title, font, true) <= width);
    const label = new Label(figure, text, '', font, true);
    const x = (left[0] + right[0]) / 2, top = (left[1] + right[1]) / 2, fromEdge = label.height / 2 + font * 0.3;
    // On a small page the title is in the panel.
    const inside = layout.panels.some((panel) => overlaps(panel, label.bounds(x, top - fromEdge, 0)));
    const y = inside ? top + fromEdge : top - fromEdge;
    layout.shapes.push(...label.shapes(x, y, 0, inside));
    layout.placed.push(label.bounds(x, y, 0));
  });
  const outer = [0, 1].map((index) => {
    const ends = [0, 1].map((end) => camera.project(index === 0 ? end : 0, front, index === 0 ? 0 : end));
    return { ends, outward: awayFrom(ends, project([0.5, front, 0.5])), reach: 0 };
  });
  for (const facet of facets) {
    for (const index of [0, 1]) {
      const place = (/** @type {number} */ share) => project(unit(facet, index === 0 ? share : 0, front, index === 0 ? 0 : share));
      const ends = [place(0), place(1)];
      const length = Math.hypot(ends[1][0] - ends[0][0], ends[1][1] - ends[0][1]);
      if (!(length >= 1)) continue;
      const outward = awayFrom(ends, project(unit(facet, 0.5, front, 0.5)));
      const { labels, ticks } = layout.ticksThatFit(facet.axes[index], place, outward, length, font);
      const shown = facet.labelled[index] && length >= LEAST_EDGE * font ? labels : [];
      if (figure.grid) {
        for (const [at] of majorTicks(ticks)) {
          const gridEnds = [0, 1].map((across) => (index === 0 ? unit(facet, at, back, across) : unit(facet, across, back, at)));
          layout.lines.push({ ends: [gridEnds[0], gridEnds[1]], width: 0.5, colour: 'grid' });
        }
      }
      const reach = layout.lineWithTicks({ ends, outward, font: font * 0.7, labels: shown }, ticks, place);
      const box = outer[index];
      const inwards = (box.ends[0][0] - ends[0][0]) * outward[0] + (box.ends[0][1] - ends[0][1]) * outward[1];
      box.reach = Math.max(box.reach, reach - inwards);
    }
  }
  for (const index of [1, 0]) layout.title(figure.axes[PANEL_AXES[index]].title, outer[index]);
  return walls;
}
