// @ts-check
// The page: reads the figure, draws it, and answers pointer, wheel, touch and keyboard.

const BAR_HEIGHT = 34;
const PICK_RADIUS_PX = 14;
const TOUCH_RADIUS_PX = 24;
/** A pointer that moves less between down and up taps. */
const TAP_PX = 6;
/** Frames that are slower while the figure moves draw fewer points of large clouds. */
const SLOW_FRAME_MS = 60;
const LEAST_SHARE = 0.02;
/** After the last turn of the wheel. */
const REST_MS = 160;
const KEYS = 'Drag or arrow keys turn it, shift and arrow keys or the right button move it, the wheel or plus and minus zoom, 0 resets, N and P go through the records.';

class Viewer {
  /** @param {FigureData} figure @param {Columns} columns @param {HTMLElement} stage @param {HTMLElement} bar */
  constructor(figure, columns, stage, bar) {
    this.figure = figure;
    this.stage = stage;
    this.bar = bar;
    this.steps = columns.read(figure.steps);
    this.camera = new Camera(figure.camera, figure.boxAspect, figure.size, figure.clip);
    /** @type {ViewState} */
    this.state = { theme: 0, step: Math.max(0, this.steps.length - 1), hidden: 0 };
    this.canvas = document.createElement('canvas');
    this.renderer = new Renderer(this.canvas, figure, columns);
    this.records = new Records(figure, columns);
    this.labelSteps = figure.labels.map((label) => (stepsAtX(figure, label.at) || [0])[0]);
    this.inMotion = false;
    /** Share of the points of large clouds that is drawn in motion. */
    this.share = 1;
    this.requested = false;
    this.current = -1;
    /** @type {ReturnType<Records['pick']>} */
    this.picked = null;
    this.build();
    this.listen(columns);
    this.resize();
  }

  build() {
    const { figure, canvas, stage } = this;
    canvas.tabIndex = 0;
    canvas.setAttribute('role', 'application');
    canvas.setAttribute('aria-roledescription', 'figure');
    canvas.setAttribute('aria-label', `${figure.title}. ${figure.caption} ${KEYS}`);
    this.svg = svgElement('svg', { viewBox: `0 0 ${figure.size[0]} ${figure.size[1]}` });
    this.pageGroup = svgElement('g', {});
    this.axisGroup = svgElement('g', {});
    this.markGroup = svgElement('g', {});
    this.rowGroup = svgElement('g', {});
    for (const group of [this.pageGroup, this.axisGroup, this.markGroup]) group.setAttribute('aria-hidden', 'true');
    this.svg.append(this.axisGroup, this.pageGroup, this.rowGroup, this.markGroup);
    this.card = document.createElement('div');
    this.card.id = 'card';
    this.card.hidden = true;
    this.live = document.createElement('div');
    this.live.className = 'quiet';
    this.live.setAttribute('aria-live', 'polite');
    stage.append(canvas, this.svg, this.card, this.live);
    this.buildLegend();
    this.buildBar();
    const dark = figure.themeNames.indexOf('dark');
    const wantsDark = matchMedia('(prefers-color-scheme: dark)').matches;
    this.setTheme(wantsDark && dark >= 0 ? dark : 0);
  }

  buildLegend() {
    const used = new Set();
    const { lines, clouds, markers, meshes } = this.figure;
    for (const element of [...lines, ...clouds, ...markers, ...meshes]) used.add(element.group);
    for (const cloud of clouds) {
      if (cloud.groups) for (const group of this.renderer.columns.read(cloud.groups)) used.add(group);
    }
    this.figure.legend.forEach(({ rect: [x, y, width, height], label }, index) => {
      if (!used.has(index + 1)) return;
      const row = svgElement('rect', { class: 'row', x, y, width, height, rx: 2, tabindex: 0, role: 'switch', 'aria-checked': 'true', 'aria-label': label });
      const toggle = () => {
        this.state.hidden ^= 2 << index;
        row.setAttribute('aria-checked', String(!((this.state.hidden >> (index + 1)) & 1)));
        this.request();
      };
      row.addEventListener('click', toggle);
      row.addEventListener('keydown', (event) => {
        const { key } = /** @type {KeyboardEvent} */ (event);
        if (key !== 'Enter' && key !== ' ') return;
        event.preventDefault();
        toggle();
      });
      this.rowGroup?.append(row);
    });
  }

  buildBar() {
    const { bar, figure, steps } = this;
    const button = (/** @type {string} */ text, /** @type {() => void} */ action) => {
      const element = document.createElement('button');
      element.type = 'button';
      element.textContent = text;
      element.addEventListener('click', action);
      bar.append(element);
      return element;
    };
    button('Reset view', () => this.reset());
    this.themeButton = button('', () => this.setTheme(1 - this.state.theme));
    if (steps.length > 1 && (figure.lines.some((line) => line.steps) || [...figure.clouds, ...figure.markers, ...figure.meshes].some((set) => set.steps))) {
      const slider = document.createElement('input');
      const output = document.createElement('output');
      Object.assign(slider, { type: 'range', min: '0', max: String(steps.length - 1), value: String(steps.length - 1) });
      slider.setAttribute('aria-label', 'Step');
      const show = () => {
        this.state.step = Number(slider.value);
        const text = `step ${plainNumber(steps[this.state.step])}`;
        output.textContent = text;
        slider.setAttribute('aria-valuetext', text);
        this.hover(null);
        this.request();
      };
      slider.addEventListener('input', show);
      bar.append(slider, output);
      output.textContent = `step ${plainNumber(steps[steps.length - 1])}`;
    }
    if (figure.records.omitted) {
      const note = document.createElement('span');
      note.textContent = `${figure.records.omitted} more records are drawn but not told under the pointer`;
      bar.append(note);
    }
    bar.hidden = false;
  }

  /** @param {number} index */
  setTheme(index) {
    const { figure, state } = this;
    state.theme = index;
    const theme = figure.themes[index];
    const root = document.documentElement.style;
    root.setProperty('--background', theme.background);
    root.setProperty('--veil', `${theme.background}c0`);
    root.colorScheme = figure.themeNames[index] === 'dark' ? 'dark' : 'light';
    this.bar.style.color = theme.text;
    Object.assign(this.card?.style ?? {}, { background: theme.callout, color: theme.text, borderColor: theme.grid });
    if (this.themeButton) this.themeButton.textContent = figure.themeNames[1 - index] === 'dark' ? 'Dark' : 'Light';
    this.pageGroup?.replaceChildren();
    if (this.pageGroup) paint(this.pageGroup, figure.page, theme);
    this.request();
  }

  reset() {
    this.camera.reset();
    this.hover(null);
    this.request();
  }

  resize() {
    const { figure, stage } = this;
    const [w, h] = figure.size;
    const scale = Math.max(0.05, Math.min(document.documentElement.clientWidth / w, (innerHeight - BAR_HEIGHT) / h));
    this.scale = scale;
    stage.style.width = `${w * scale}px`;
    stage.style.height = `${h * scale}px`;
    this.bar.style.maxWidth = `${w * scale}px`;
    const ratio = Math.min(window.devicePixelRatio || 1, 4096 / Math.max(w * scale, h * scale));
    this.renderer.resize(Math.max(1, Math.round(w * scale * ratio)), Math.max(1, Math.round(h * scale * ratio)));
    this.request();
  }

  request() {
    if (this.requested) return;
    this.requested = true;
    const asked = performance.now();
    requestAnimationFrame(() => {
      this.requested = false;
      // The browser delays frames while the last one is still being drawn.
      const delay = performance.now() - asked;
      const share = this.share * (delay > SLOW_FRAME_MS ? Math.max(0.1, SLOW_FRAME_MS / delay) : delay < SLOW_FRAME_MS / 3 ? 1.2 : 1);
      this.share = this.inMotion ? Math.max(LEAST_SHARE, Math.min(1, share)) : this.share;
      this.draw();
    });
  }

  draw() {
    const { figure, camera, state } = this;
    const theme = figure.themes[state.theme];
    const layout = new AxisLayout(figure, camera);
    layout.pointLabels(figure.labels.filter((_, i) => this.labelSteps[i] <= state.step));
    const walls = theme.wall === theme.background ? [] : layout.walls;
    this.renderer.draw(camera, state, { lines: layout.lines, walls }, this.inMotion, this.inMotion ? this.share : 1);
    this.axisGroup?.replaceChildren();
    if (this.axisGroup) {
      paint(this.axisGroup, layout.shapes, theme);
      if (camera.isAtStart()) paint(this.axisGroup, figure.callouts, theme);
    }
    this.mark();
    this.stage.dataset.drawn = String(Number(this.stage.dataset.drawn || 0) + 1);
  }

  /** The ring around the picked record. */
  mark() {
    this.markGroup?.replaceChildren();
    if (!this.picked || !this.markGroup) return;
    const [x, y] = this.camera.project(...this.picked.at);
    const theme = this.figure.themes[this.state.theme];
    paint(this.markGroup, [{ kind: 'ring', centre: [x, y], diameter: 9, width: 2.4, colour: 'background' },
      { kind: 'ring', centre: [x, y], diameter: 9, width: 1.2, colour: 'text' }], theme);
  }

  /** Shows a record, or none. @param {ReturnType<Records['pick']>} record */
  hover(record) {
    const card = /** @type {HTMLElement} */ (this.card);
    if (record && this.picked && record.batch === this.picked.batch && record.index === this.picked.index) return;
    if (!record && !this.picked) return;
    this.picked = record;
    card.hidden = !record;
    if (record) {
      const lines = this.records.lines(record);
      const table = document.createElement('table');
      for (const [name, value] of lines) {
        const row = table.insertRow(), head = document.createElement('th');
        head.textContent = name;
        row.append(head);
        row.insertCell().textContent = value;
      }
      card.replaceChildren(table);
      const [x, y] = this.camera.project(...record.at).map((value) => value * (this.scale || 1));
      const [width, height] = [this.stage.clientWidth, this.stage.clientHeight];
      const left = x + 14 + card.offsetWidth > width ? x - 14 - card.offsetWidth : x + 14;
      card.style.left = `${Math.max(0, Math.min(left, width - card.offsetWidth))}px`;
      card.style.top = `${Math.max(0, Math.min(y + 14, height - card.offsetHeight))}px`;
      if (this.live) this.live.textContent = lines.map(([name, value]) => `${name} ${value}`).join(', ');
    }
    this.mark();
  }

  /** A pointer's place in points. @param {{clientX: number, clientY: number}} event */
  point({ clientX, clientY }) {
    const box = this.stage.getBoundingClientRect(), scale = this.scale || 1;
    return [(clientX - box.left) / scale, (clientY - box.top) / scale];
  }

  /** @param {Columns} columns */
  listen(columns) {
    const { canvas, camera, figure } = this;
    /** @type {Map<number, number[]>} */
    const pointers = new Map();
    let pans = false;
    let travelled = 0;
    const end = (/** @type {PointerEvent} */ event) => {
      pointers.delete(event.pointerId);
      if (pointers.size > 0) return;
      this.inMotion = false;
      this.request();
      if (event.type === 'pointerup' && event.pointerType === 'touch' && travelled < TAP_PX) this.hoverAt(this.point(event), TOUCH_RADIUS_PX);
    };
    canvas.addEventListener('pointerdown', (event) => {
      canvas.setPointerCapture(event.pointerId);
      if (pointers.size === 0) travelled = 0;
      pointers.set(event.pointerId, this.point(event));
      pans = event.button === 2 || event.button === 1 || event.shiftKey || figure.flat;
    });
    canvas.addEventListener('pointermove', (event) => {
      const before = pointers.get(event.pointerId), now = this.point(event);
      if (!before) {
        this.hoverAt(now, PICK_RADIUS_PX);
        return;
      }
      travelled += Math.hypot(now[0] - before[0], now[1] - before[1]) * (this.scale || 1);
      this.hover(null);
      const other = [...pointers].find(([id]) => id !== event.pointerId);
      if (other) {
        const [x, y] = other[1];
        const gap = (/** @type {number[]} */ at) => Math.max(1, Math.hypot(at[0] - x, at[1] - y));
        camera.zoom(gap(now) / gap(before), (x + now[0]) / 2, (y + now[1]) / 2);
        camera.pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
      } else if (pans) camera.pan(now[0] - before[0], now[1] - before[1]);
      else camera.orbit((-(now[0] - before[0]) / figure.size[1]) * Math.PI, ((now[1] - before[1]) / figure.size[1]) * Math.PI);
      pointers.set(event.pointerId, now);
      this.inMotion = true;
      this.request();
    });
    canvas.addEventListener('pointerup', end);
    canvas.addEventListener('pointercancel', end);
    canvas.addEventListener('pointerleave', (event) => {
      if (event.pointerType !== 'touch') this.hover(null);
    });
    canvas.addEventListener('contextmenu', (event) => event.preventDefault());
    canvas.addEventListener('dblclick', () => this.reset());
    canvas.addEventListener('wheel', (event) => {
      event.preventDefault();
      const lines = event.deltaMode === 1 ? 16 : 1;
      const [x, y] = this.point(event);
      camera.zoom(Math.exp(-event.deltaY * lines * 0.0015), x, y);
      this.hover(null);
      this.inMotion = true;
      clearTimeout(this.rest);
      this.rest = setTimeout(() => {
        this.inMotion = pointers.size > 0;
        this.request();
      }, REST_MS);
      this.request();
    }, { passive: false });
    canvas.addEventListener('keydown', (event) => this.key(event));
    const message = /** @type {HTMLElement} */ (document.getElementById('message'));
    canvas.addEventListener('webglcontextlost', (event) => {
      event.preventDefault();
      message.textContent = 'The browser took back the memory of the figure: it returns with the memory, or when the page is loaded again.';
    });
    canvas.addEventListener('webglcontextrestored', () => {
      message.textContent = '';
      this.renderer = new Renderer(canvas, figure, columns);
      this.resize();
    });
    addEventListener('resize', () => this.resize());
  }

  /** @param {number[]} at @param {number} radius in pixels */
  hoverAt([x, y], radius) {
    this.pointer = [x, y];
    if (this.hovering) return;
    this.hovering = true;
    requestAnimationFrame(() => {
      this.hovering = false;
      const [px, py] = this.pointer || [0, 0];
      this.hover(this.records.pick(this.camera, this.state, px, py, radius / (this.scale || 1)));
    });
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const { camera, figure } = this;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const [x, y, width, height] = figure.clip;
    if (arrow) {
      if (event.shiftKey || figure.flat) camera.pan(arrow[0] * 12, arrow[1] * 12);
      else camera.orbit(arrow[0] * 0.0873, -arrow[1] * 0.0873);
      this.hover(null);
    } else if (event.key === '+' || event.key === '=') camera.zoom(1.2, x + width / 2, y + height / 2);
    else if (event.key === '-' || event.key === '_') camera.zoom(1 / 1.2, x + width / 2, y + height / 2);
    else if (event.key === '0' || event.key === 'Home') this.reset();
    else if (event.key === 'n' || event.key === 'p') {
      if (this.records.count === 0) return;
      this.current = (this.current + (event.key === 'n' ? 1 : -1) + this.records.count) % this.records.count;
      this.hover(this.records.nth(this.current));
    } else if (event.key === 'Escape') this.hover(null);
    else return;
    event.preventDefault();
    this.request();
  }
}

/** Starts the viewer, or leaves the still picture with a sentence that says why. */
async function start() {
  const element = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
  const stage = element('stage');
  try {
    const figure = /** @type {FigureData} */ (JSON.parse(element('figure-json').textContent || ''));
    const columns = new Columns(await inflated(element('figure-data').textContent || ''));
    const viewer = new Viewer(figure, columns, stage, element('bar'));
    viewer.draw();
    element('still').hidden = true;
  } catch (error) {
    for (const part of [...stage.children]) if (part.id !== 'still') part.remove();
    element('bar').hidden = true;
    const reason = error instanceof Error ? error.message : String(error);
    element('message').textContent = `This is a still picture, because the figure cannot be turned here: ${reason}.`;
  }
}

start();
