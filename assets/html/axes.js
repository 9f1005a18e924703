// @ts-check
// The axis box: walls, grid, axis lines on the outer edges, ticks, labels and titles without overlap. Twin: app/scene/src/figure/axes.rs.

const STEEP = 1.2;
const TITLE_SHARE = 1.15;
const LEAST_TITLE = 9.5;
const FROM_ABOVE = 0.03;
const LONG_TITLE_SIZE = 0.88;
const SUPERSCRIPT_SIZE = 0.72;
const SUPERSCRIPT_RISE = 0.38;
const CAP_HEIGHT = 0.727;
const MOST_NUMBERS = 7;
const MOST_NAMES = 64;
const MORE_TICKS = 8;

/** @param {Rect4} a @param {Rect4} b */
const overlaps = (a, b) => a[0] < b[0] + b[2] && b[0] < a[0] + a[2] && a[1] < b[1] + b[3] && b[1] < a[1] + a[3];
/** @param {Rect4} outer @param {Rect4} inner */
const contains = (outer, inner) => outer[0] <= inner[0] && outer[1] <= inner[1]
  && inner[0] + inner[2] <= outer[0] + outer[2] && inner[1] + inner[3] <= outer[1] + outer[3];
/** @param {Rect4} rect @param {number} by @returns {Rect4} */
const grown = ([x, y, w, h], by) => [x - by, y - by, w + 2 * by, h + 2 * by];
/** @param {number} x @param {number} y @param {number} w @param {number} h @returns {Rect4} */
const centred = (x, y, w, h) => [x - w / 2, y - h / 2, w, h];

/** A text with an optional superscript, measured together. */
class Label {
  /** @param {FigureData} figure @param {string} text @param {string} superscript @param {number} size @param {boolean} bold */
  constructor(figure, text, superscript, size, bold) {
    this.text = text;
    this.superscript = superscript;
    this.size = size;
    this.bold = bold;
    this.textWidth = textWidth(figure, text, size, bold);
    this.superscriptWidth = textWidth(figure, superscript, size * SUPERSCRIPT_SIZE, bold);
    this.width = this.textWidth + this.superscriptWidth;
    this.height = size * 1.1;
  }

  /** @param {number} x @param {number} y @param {number} angle @returns {Rect4} */
  bounds(x, y, angle) {
    const [sin, cos] = [Math.abs(Math.sin(angle)), Math.abs(Math.cos(angle))];
    return centred(x, y, this.width * cos + this.height * sin, this.width * sin + this.height * cos);
  }

  /** Small rectangles that cover the rotated label tightly. @param {number} x @param {number} y @param {number} angle */
  pieces(x, y, angle) {
    const count = Math.max(1, Math.ceil(this.width / this.height));
    return Array.from({ length: count }, (_, piece) => {
      const along = ((piece + 0.5) / count - 0.5) * this.width;
      return centred(x + Math.cos(angle) * along, y + Math.sin(angle) * along, this.height, this.height);
    });
  }

  /** @param {number} x @param {number} y @param {number} angle @param {boolean} halo @returns {Shape[]} */
  shapes(x, y, angle, halo) {
    const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
    const baseline = (CAP_HEIGHT * this.size) / 2;
    /** @param {number} along @param {number} down @returns {[number, number]} */
    const at = (along, down) => [x + along * cos - down * sin, y + along * sin + down * cos];
    /** @type {Shape} */
    const text = { kind: 'text', at: at(-this.width / 2, baseline), angle, size: this.size, bold: this.bold, colour: 'text', text: this.text,
      width: this.textWidth, halo };
    if (!this.superscript) return [text];
    const raised = { ...text, at: at(this.textWidth - this.width / 2, baseline - this.size * SUPERSCRIPT_RISE),
      size: this.size * SUPERSCRIPT_SIZE, text: this.superscript, width: this.superscriptWidth };
    return [text, raised];
  }
}

/** @param {FigureData} figure @param {string} text @param {number} size @param {boolean} bold */
function textWidth(figure, text, size, bold) {
  let width = 0;
  for (const character of text) width += (figure.advances[character] || [1, 1])[bold ? 1 : 0];
  return width * size;
}

/** The text without its middle, no wider than a width. @param {(text: string) => boolean} fits @param {string} text */
function elidedMiddle(text, fits) {
  if (fits(text)) return text;
  const characters = [...text];
  for (let kept = characters.length - 1; kept > 0; kept--) {
    const start = characters.slice(0, Math.ceil(kept / 2)).join('').trimEnd();
    const end = kept > 1 ? characters.slice(characters.length - Math.floor(kept / 2)).join('').trimStart() : '';
    if (fits(`${start}…${end}`)) return `${start}…${end}`;
  }
  return '';
}

/** @param {FigureData} figure @param {string} title @param {number} size @param {number} length */
function titleLabel(figure, title, size, length) {
  const actual = textWidth(figure, title, size, true) <= length ? size : size * LONG_TITLE_SIZE;
  const width = Math.max(length, actual * LEAST_TITLE);
  const fits = (/** @type {string} */ text) => textWidth(figure, text, actual, true) <= width;
  let short = title;
  if (!fits(title)) {
    // The last parts of a key tell most.
    const ends = title.includes(' ') ? [] : [...title.matchAll(/[/.]/g)].map((match) => `…${title.slice(match.index + 1)}`);
    short = ends.find(fits) ?? elidedMiddle(title, fits);
  }
  return new Label(figure, short, '', actual, true);
}

/** Lays out the box for a camera. */
class AxisLayout {
  /** @param {FigureData} figure @param {Camera} camera */
  constructor(figure, camera) {
    this.figure = figure;
    this.camera = camera;
    /** @type {Shape[]} */
    this.shapes = [];
    /** @type {FrameLine[]} */
    this.lines = [];
    /** @type {Rect4[]} */
    this.placed = [];
    this.back = backSides(camera);
    let [x, y] = [0, 0];
    for (let corner = 0; corner < 8; corner++) {
      const at = camera.project(corner & 1, (corner >> 1) & 1, corner >> 2);
      x += at[0] / 8;
      y += at[1] / 8;
    }
    this.centre = [x, y];
    /** Where labels of ticks cannot stand: the panels. @type {Rect4[]} */
    this.panels = [];
    if (figure.facets.length) {
      this.walls = layFacets(this);
      return;
    }
    this.walls = this.backWalls();
    this.wallEdges();
    const titles = [2, 0, 1].map((index) => ({ index, edge: this.axis(index) }));
    for (const { index, edge } of titles) if (edge) this.title(figure.axes[index].title, edge);
  }

  /** @returns {Vec3[][]} */
  backWalls() {
    return [0, 1, 2].map((axis) => [[0, 0], [1, 0], [1, 1], [0, 1]].map(([a, b]) => {
      /** @type {Vec3} */
      const unit = [0, 0, 0];
      unit[axis] = this.back[axis];
      unit[(axis + 1) % 3] = a;
      unit[(axis + 2) % 3] = b;
      return unit;
    }));
  }

  wallEdges() {
    for (let axis = 0; axis < 3; axis++) {
      const [u, v] = [(axis + 1) % 3, (axis + 2) % 3];
      for (const [a, b] of [[0, 0], [0, 1], [1, 0], [1, 1]]) {
        if (a !== this.back[u] && b !== this.back[v]) continue;
        /** @type {[Vec3, Vec3]} */
        const ends = [[0, 0, 0], [0, 0, 0]];
        ends.forEach((unit, end) => {
          unit[axis] = end;
          unit[u] = a;
          unit[v] = b;
        });
        this.lines.push({ ends, width: 0.5, colour: 'edge' });
      }
    }
  }

  /** The edge that an axis runs along, and its ends on the page. @param {number} index */
  outerEdge(index) {
    const back = this.back, front = back.map((side) => 1 - side);
    const candidates = index === 0 ? [[0, front[1], back[2]]] : index === 1 ? [[front[0], 0, back[2]]]
      : [[back[0], front[1], 0], [front[0], back[1], 0]];
    const edges = candidates.map((at) => {
      const ends = [0, 1].map((end) => this.onEdge(at, index, end));
      return { at, ends, x: ends[0][0] + ends[1][0] };
    });
    return edges.reduce((best, edge) => (edge.x < best.x ? edge : best));
  }

  /** @param {number[]} edge @param {number} index @param {number} unit */
  onEdge(edge, index, unit) {
    const at = [...edge];
    at[index] = unit;
    return this.camera.project(at[0], at[1], at[2]);
  }

  /** Axis line, ticks, labels and grid; null where the axis is seen end-on. @param {number} index */
  axis(index) {
    const { figure } = this;
    const { at: edge, ends } = this.outerEdge(index);
    const length = Math.hypot(ends[1][0] - ends[0][0], ends[1][1] - ends[0][1]);
    const font = figure.font;
    if (!(length >= font * 2.5)) return null;
    const outward = awayFrom(ends, this.centre);
    const place = (/** @type {number} */ unit) => this.onEdge(edge, index, unit);
    const { labels, ticks } = this.ticksThatFit(figure.axes[index], place, outward, length, font);
    if (figure.grid) for (const [unit] of majorTicks(ticks)) this.gridLines(index, unit);
    const reach = this.lineWithTicks({ ends, outward, font, labels }, ticks, place);
    return { ends, outward, reach };
  }

  /**
   * The line of an axis with its ticks and their labels; how far these extend outward from it.
   * @param {{ends: Vec3[], outward: number[], font: number, labels: {label: Label, x: number, y: number}[]}} drawn
   * @param {[number, string, string][]} ticks @param {(unit: number) => Vec3} place
   */
  lineWithTicks({ ends, outward, font, labels }, ticks, place) {
    const tickLength = font * 0.45;
    this.shapes.push({ kind: 'line', ends: [ends[0][0], ends[0][1], ends[1][0], ends[1][1]], width: 0.8, colour: 'axis' });
    for (const [unit, label, superscript] of ticks) {
      const minor = !label && !superscript;
      const at = place(unit), size = tickLength * (minor ? 0.55 : 1);
      this.shapes.push({ kind: 'line', ends: [at[0], at[1], at[0] + outward[0] * size, at[1] + outward[1] * size], width: minor ? 0.5 : 0.8, colour: 'axis' });
    }
    let reach = tickLength;
    for (const { label, x, y } of labels) {
      const bounds = label.bounds(x, y, 0);
      this.shapes.push(...label.shapes(x, y, 0, false));
      this.placed.push(bounds);
      const far = (x - ends[0][0]) * outward[0] + (y - ends[0][1]) * outward[1] + (bounds[2] * Math.abs(outward[0]) + bounds[3] * Math.abs(outward[1])) / 2;
      reach = Math.max(reach, far);
    }
    return reach;
  }

  /** @param {number} index @param {number} unit */
  gridLines(index, unit) {
    const others = [(index + 1) % 3, (index + 2) % 3];
    for (const [along, fixed] of [others, [others[1], others[0]]]) {
      /** @type {[Vec3, Vec3]} */
      const ends = [[0, 0, 0], [0, 0, 0]];
      ends.forEach((position, end) => {
        position[index] = unit;
        position[along] = end;
        position[fixed] = this.back[fixed];
      });
      this.lines.push({ ends, width: 0.5, colour: 'grid' });
    }
  }

  /** @param {AxisData} axis @param {(unit: number) => Vec3} place @param {number[]} outward @param {number} length @param {number} font */
  ticksThatFit(axis, place, outward, length, font) {
    const [spacing, most] = axis.names ? [font * 1.25, MOST_NAMES]
      : [Math.abs(outward[1]) > 0.8 ? font * 3.4 : font * 2.4, MOST_NUMBERS];
    const wanted = Math.max(2, Math.min(most, Math.floor(length / spacing)));
    const ticksOf = (/** @type {number} */ count) => axis.ticks[axis.ofCount[Math.min(count, axis.ofCount.length) - 1]];
    const labelsOf = (/** @type {[number, string, string][]} */ ticks) => ticks.filter((tick) => tick[1] || tick[2]).map(([unit, text, superscript]) => {
      const at = place(unit);
      const label = new Label(this.figure, text, superscript, font, false);
      // A name begins beside its tick, so that a long one does not move into the row of the next.
      const across = (label.width * Math.abs(outward[0]) + label.height * Math.abs(outward[1])) / 2;
      const offset = (/** @type {number} */ part, /** @type {number} */ size) => axis.names
        ? part * font * 0.75 + size / 2 * Math.max(-1, Math.min(1, 2 * part))
        : part * (font * 0.75 + across);
      return { label, x: at[0] + offset(outward[0], label.width), y: at[1] + offset(outward[1], label.height) };
    });
    const boundsOf = (/** @type {{label: Label, x: number, y: number}} */ { label, x, y }) => label.bounds(x, y, 0);
    const apart = (/** @type {{label: Label, x: number, y: number}[]} */ labels) => labels.every((label, i) => i === 0
      || !overlaps(grown(boundsOf(label), font * 0.12), grown(boundsOf(labels[i - 1]), font * 0.12)));
    const free = (/** @type {{label: Label, x: number, y: number}[]} */ labels) => labels.filter((label) => this.isFree(boundsOf(label), 0.5));
    for (let count = wanted; count > 0; count--) {
      const ticks = ticksOf(count), labels = labelsOf(ticks);
      if (!apart(labels)) continue;
      const kept = free(labels);
      if (kept.length >= 2) return { labels: kept, ticks };
      break;
    }
    for (let count = 2; count <= wanted + MORE_TICKS; count++) {
      const ticks = ticksOf(count), kept = free(labelsOf(ticks));
      const ends = [kept[0], kept[kept.length - 1]];
      if (kept.length >= 2 && apart(ends)) return { labels: ends, ticks };
    }
    const ticks = ticksOf(2);
    return { labels: free(labelsOf(ticks)).slice(0, 1), ticks };
  }

  /** @param {Rect4} bounds @param {number} gap */
  isFree(bounds, gap) {
    // A tenth of a point is rounding: the figure was fitted to this rectangle.
    return contains(grown(this.figure.clip, 0.1), bounds) && !this.placed.some((other) => overlaps(other, grown(bounds, gap)))
      && !this.panels.some((panel) => overlaps(panel, bounds));
  }

  /** @param {string} title @param {{ends: Vec3[], outward: number[], reach: number}} edge */
  title(title, { ends, outward, reach }) {
    const font = this.figure.font;
    const along = [ends[1][0] - ends[0][0], ends[1][1] - ends[0][1]];
    let angle = Math.atan2(along[1], along[0]);
    if (angle > STEEP) angle -= Math.PI;
    else if (angle <= STEEP - Math.PI) angle += Math.PI;
    const label = titleLabel(this.figure, title, font * 1.08, Math.hypot(along[0], along[1]) * TITLE_SHARE);
    for (let step = 0; step < 6; step++) {
      const distance = reach + font * (0.75 + 0.6 * step) + label.height / 2;
      const x = (ends[0][0] + ends[1][0]) / 2 + outward[0] * distance, y = (ends[0][1] + ends[1][1]) / 2 + outward[1] * distance;
      const pieces = label.pieces(x, y, angle);
      if (pieces.some((piece) => this.placed.some((other) => overlaps(piece, other)))) continue;
      if (!contains(grown(this.figure.clip, font), label.bounds(x, y, angle))) return;
      this.shapes.push(...label.shapes(x, y, angle, false));
      this.placed.push(...pieces);
      return;
    }
  }

  /** Labels at points of the data. @param {{at: Vec3, text: string}[]} labels */
  pointLabels(labels) {
    const { figure, camera } = this, font = figure.font;
    for (const { at: unit, text } of labels) {
      if (unit.some((value) => Math.abs(value - 0.5) > 0.5002)) continue;
      const at = camera.project(unit[0], unit[1], unit[2]);
      const label = new Label(figure, text, '', font * 0.95, true);
      const [w, h, gap] = [label.width / 2, label.height / 2, font * 0.7];
      const free = [[0, -h - gap], [0, h + gap], [w + gap, 0], [-w - gap, 0]].map(([dx, dy]) => [at[0] + dx, at[1] + dy])
        .filter(([x, y]) => this.isFree(grown(label.bounds(x, y, 0), 1), 0));
      const panel = this.panels.find((rect) => contains(rect, [at[0], at[1], 0, 0]));
      const place = free.find(([x, y]) => !panel || contains(panel, label.bounds(x, y, 0))) || free[0];
      if (!place) continue;
      this.placed.push(label.bounds(place[0], place[1], 0));
      this.shapes.push(...label.shapes(place[0], place[1], 0, true));
    }
  }
}

/** The unit vector across a line, away from a point. @param {Vec3[]} ends @param {number[]} point */
function awayFrom(ends, point) {
  const along = [ends[1][0] - ends[0][0], ends[1][1] - ends[0][1]];
  const length = Math.hypot(along[0], along[1]);
  const outward = [-along[1] / length, along[0] / length];
  const away = [(ends[0][0] + ends[1][0]) / 2 - point[0], (ends[0][1] + ends[1][1]) / 2 - point[1]];
  return outward[0] * away[0] + outward[1] * away[1] < 0 ? [-outward[0], -outward[1]] : outward;
}

/** The ticks with labels, without those at the ends. @param {[number, string, string][]} ticks */
function majorTicks(ticks) {
  return ticks.filter(([unit, label, superscript]) => (label || superscript) && unit >= 0.001 && unit <= 0.999);
}

/** The side of the box along each axis that is behind the data. @param {Camera} camera */
function backSides(camera) {
  const { right, up, towardsEye } = camera;
  const back = towardsEye.map((component) => (component >= -1e-4 ? 0 : 1));
  if (Math.hypot(towardsEye[0], towardsEye[1]) < FROM_ABOVE) {
    // Seen from above no side is behind the data: the axes run along the bottom and the left.
    for (const i of [0, 1]) back[i] = right[i] + up[i] > 0 ? 1 : 0;
  }
  return back;
}
