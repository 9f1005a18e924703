// @ts-check
// Draws the figure with WebGL 2 as app/gpu/src/render draws it: four samples, linear light, translucent triangles sorted by depth.

const SAMPLES = 4;
const FRAME_BIAS_SIGN = -1;
const MARKER_BIAS = 0.0016;
const MISSING_BELOW = -1e29;
const OPAQUE_FROM = 0.998;
/** Slices of depth in which several translucent elements are drawn in turn. */
const SLICES = 160;
/** More translucent triangles than these are sorted when the camera stops. */
const SORTED_IN_MOTION = 400000;
/** Clouds with more points are shuffled, so that any first part of them looks like the whole. */
const LARGE_CLOUD = 100000;
/** The modulus of a linear congruential generator of pseudo-random numbers. */
const SHUFFLE = 2147483647;
/** More points than any cloud has, and few enough that keys are exact. */
const SPREAD = 4194304;

/** @param {string} hex @returns {Vec3} linear light */
function linearColour(hex) {
  const bits = parseInt(hex.slice(1), 16);
  const channel = (/** @type {number} */ shift) => {
    const encoded = ((bits >> shift) & 255) / 255;
    return encoded <= 0.04045 ? encoded / 12.92 : ((encoded + 0.055) / 1.055) ** 2.4;
  };
  return [channel(16), channel(8), channel(0)];
}

/**
 * Vertices and triangles of a surface: positions, unit normals, and support, value, column and row of each node.
 * @param {SurfaceData} data @param {Columns} columns
 */
function surfaceMesh(data, columns) {
  const [xs, ys, zs] = [columns.read(data.x), columns.read(data.y), columns.coordinates(data.z)];
  const [width, height] = [xs.length, ys.length];
  const support = new Float32Array(width * height).fill(1);
  if (data.support) {
    const stored = columns.read(data.support);
    for (let i = 0; i < stored.length; i++) support[i] = data.support[0] === 'i' ? (stored[i] ? -1e30 : 1) : stored[i];
  }
  const positions = new Float32Array(width * height * 3);
  const normals = new Float32Array(width * height * 3);
  const extras = new Float32Array(width * height * 4);
  const has = (/** @type {number} */ node) => support[node] > MISSING_BELOW;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const node = row * width + column;
      const left = column > 0 && has(node - 1) ? 1 : 0, right = column + 1 < width && has(node + 1) ? 1 : 0;
      const down = row > 0 && has(node - width) ? 1 : 0, up = row + 1 < height && has(node + width) ? 1 : 0;
      const dx = left + right ? (zs[node + right] - zs[node - left]) / (xs[column + right] - xs[column - left]) : 0;
      const dy = down + up ? (zs[node + up * width] - zs[node - down * width]) / (ys[row + up] - ys[row - down]) : 0;
      positions.set([xs[column], ys[row], zs[node]], 3 * node);
      normals.set(normalized([-dx, -dy, 1]), 3 * node);
      extras.set([support[node], 0, column, row], 4 * node);
    }
  }
  const indices = new Uint32Array(Math.max(0, width - 1) * Math.max(0, height - 1) * 6);
  let count = 0;
  const add = (/** @type {number} */ a, /** @type {number} */ b, /** @type {number} */ c) => {
    if (!has(a) || !has(b) || !has(c)) return;
    indices[count++] = a;
    indices[count++] = b;
    indices[count++] = c;
  };
  for (let row = 0; row + 1 < height; row++) {
    for (let column = 0; column + 1 < width; column++) {
      const a = row * width + column, b = a + 1, c = a + width, d = c + 1;
      if ((row + column) % 2 === 0) {
        add(a, b, d);
        add(a, d, c);
      } else {
        add(a, b, c);
        add(b, d, c);
      }
    }
  }
  return { positions, normals, extras, steps: null, indices: indices.subarray(0, count) };
}

/**
 * As surfaceMesh, of a triangle mesh. Normals are the mean of the triangles', each flipped to the side of the sum so far.
 * @param {MeshData} data @param {Columns} columns
 */
function triangleMesh(data, columns) {
  const positions = columns.positions(data.positions);
  const indices = Uint32Array.from(columns.read(data.triangles));
  const count = positions.length / 3;
  const normals = new Float32Array(positions.length);
  const at = (/** @type {number} */ corner) => Array.from(positions.subarray(3 * corner, 3 * corner + 3));
  for (let i = 0; i < indices.length; i += 3) {
    const [a, b, c] = [at(indices[i]), at(indices[i + 1]), at(indices[i + 2])];
    const n = cross(b.map((v, k) => v - a[k]), c.map((v, k) => v - a[k]));
    for (let k = 0; k < 3; k++) {
      const corner = 3 * indices[i + k];
      const sign = normals[corner] * n[0] + normals[corner + 1] * n[1] + normals[corner + 2] * n[2] < 0 ? -1 : 1;
      for (let axis = 0; axis < 3; axis++) normals[corner + axis] += sign * n[axis];
    }
  }
  const values = data.values ? columns.shares(data.values) : null;
  const extras = new Float32Array(count * 4);
  for (let i = 0; i < count; i++) {
    normals.set(normalized([normals[3 * i], normals[3 * i + 1], normals[3 * i + 2]]), 3 * i);
    extras.set([1, values ? values[i] : 0, 0, 0], 4 * i);
  }
  return { positions, normals, extras, steps: data.steps ? Float32Array.from(columns.read(data.steps)) : null, indices };
}

/**
 * Segments of lines, nine numbers each: start, end, their values, and the step of the end.
 * @param {Float32Array} positions @param {ArrayLike<number>} strips
 * @param {Float32Array | null} values @param {ArrayLike<number> | null} steps
 */
function segmentsOf(positions, strips, values, steps) {
  let count = 0;
  for (let i = 0; i < strips.length; i += 2) count += strips[i + 1] - strips[i] - 1;
  const segments = new Float32Array(count * 9);
  let to = 0;
  for (let i = 0; i < strips.length; i += 2) {
    for (let at = strips[i]; at + 1 < strips[i + 1]; at++, to += 9) {
      for (let k = 0; k < 6; k++) segments[to + k] = positions[3 * at + k];
      if (values) {
        segments[to + 6] = values[at];
        segments[to + 7] = values[at + 1];
      }
      if (steps) segments[to + 8] = steps[at + 1];
    }
  }
  return segments;
}

class Renderer {
  /** @param {HTMLCanvasElement} canvas @param {FigureData} figure @param {Columns} columns */
  constructor(canvas, figure, columns) {
    const options = { antialias: false, alpha: false, depth: false, stencil: false, powerPreference: 'high-performance' };
    const gl = /** @type {WebGL2RenderingContext | null} */ (canvas.getContext('webgl2', options));
    if (!gl) throw new Error('this browser has no WebGL 2');
    this.gl = gl;
    this.canvas = canvas;
    this.figure = figure;
    this.columns = columns;
    this.programs = {
      filled: this.program(FILLED_VERTEX, FILLED_FRAGMENT),
      lines: this.program(LINES_VERTEX, LINES_FRAGMENT),
      points: this.program(POINTS_VERTEX, POINTS_FRAGMENT),
      walls: this.program(WALLS_VERTEX, WALLS_FRAGMENT),
      present: this.program(PRESENT_VERTEX, PRESENT_FRAGMENT),
    };
    /** @type {ReturnType<Renderer['filled']>[]} */
    this.fills = [];
    /** @type {ReturnType<Renderer['lineSet']>[]} */
    this.lines = [];
    /** @type {ReturnType<Renderer['pointSet']>[]} */
    this.points = [];
    this.samples = Math.min(SAMPLES, gl.getInternalformatParameter(gl.RENDERBUFFER, gl.SRGB8_ALPHA8, gl.SAMPLES)[0] || 1);
    this.targetSize = [0, 0];
    this.sortedFor = '';
    this.upload();
  }

  /** @param {string} vertex @param {string} fragment */
  program(vertex, fragment) {
    const gl = this.gl;
    const program = /** @type {WebGLProgram} */ (gl.createProgram());
    for (const [kind, source] of /** @type {[number, string][]} */ ([[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]])) {
      const shader = /** @type {WebGLShader} */ (gl.createShader(kind));
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS) && !gl.isContextLost()) throw new Error(`shader: ${gl.getShaderInfoLog(shader)}`);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) throw new Error(`program: ${gl.getProgramInfoLog(program)}`);
    /** @type {Record<string, WebGLUniformLocation | null>} */
    const at = {};
    for (let i = 0; i < gl.getProgramParameter(program, gl.ACTIVE_UNIFORMS); i++) {
      const name = /** @type {WebGLActiveInfo} */ (gl.getActiveUniform(program, i)).name;
      at[name] = gl.getUniformLocation(program, name);
    }
    return { program, at };
  }

  /** @param {ArrayBufferView} data @param {number} [target] */
  buffer(data, target) {
    const gl = this.gl;
    const kind = target || gl.ARRAY_BUFFER;
    const buffer = gl.createBuffer();
    gl.bindBuffer(kind, buffer);
    gl.bufferData(kind, data, gl.STATIC_DRAW);
    return buffer;
  }

  /**
   * A vertex array of columns of floats: location, numbers per vertex, data.
   * @param {[number, number, Float32Array | null][]} attributes
   */
  vertexArray(attributes) {
    const gl = this.gl;
    const array = gl.createVertexArray();
    gl.bindVertexArray(array);
    for (const [location, size, data] of attributes) {
      if (!data) continue;
      this.buffer(data);
      gl.enableVertexAttribArray(location);
      gl.vertexAttribPointer(location, size, gl.FLOAT, false, 0, 0);
    }
    return array;
  }

  /** @param {Float32Array} segments */
  lineArray(segments) {
    const gl = this.gl;
    const array = gl.createVertexArray();
    gl.bindVertexArray(array);
    this.buffer(segments);
    /** @type {[number, number, number][]} */
    const layout = [[0, 3, 0], [1, 3, 12], [2, 2, 24], [3, 1, 32]];
    for (const [location, size, offset] of layout) {
      gl.enableVertexAttribArray(location);
      gl.vertexAttribPointer(location, size, gl.FLOAT, false, 36, offset);
      gl.vertexAttribDivisor(location, 1);
    }
    return array;
  }

  /** @param {LineData} data */
  lineSet(data) {
    const { columns } = this;
    const segments = segmentsOf(columns.positions(data.positions), columns.read(data.strips),
      data.values && columns.shares(data.values), data.steps && columns.read(data.steps));
    return { data, array: this.lineArray(segments), count: segments.length / 9 };
  }

  upload() {
    const { gl, figure, columns } = this;
    const maps = columns.read(figure.maps);
    this.maps = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, this.maps);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    const rows = Math.max(1, maps.length / 768);
    const pixels = maps.length ? /** @type {Uint8Array} */ (maps) : new Uint8Array(768);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.SRGB8, 256, rows, 0, gl.RGB, gl.UNSIGNED_BYTE, pixels);
    for (const name of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, name, gl.NEAREST);

    const surfaces = figure.surfaces.map((data) => this.filled(surfaceMesh(data, columns), {
      map: data.map, range: data.range, shading: data.shading, opacity: data.opacity, contours: data.contours || [0, 0],
      wireframe: data.wireframe || [0, 0], floor: data.floor, lineColours: data.lineColours, colouring: 0, solid: '#000000', group: 0,
    }));
    const meshes = figure.meshes.map((data) => this.filled(triangleMesh(data, columns), {
      map: data.map, range: data.range, shading: data.shading, opacity: data.opacity, contours: [0, 0], wireframe: [0, 0],
      floor: false, lineColours: null, colouring: ['height', 'values', 'solid'].indexOf(data.colouring), solid: data.colour,
      group: data.group,
    }));
    this.fills = [...surfaces, ...meshes];

    this.lines = figure.lines.map((data) => this.lineSet(data));
    const clouds = figure.clouds.map((data) => {
      const order = shuffled(data.positions[0][2]);
      const positions = inOrder(columns.positions(data.positions), order, 3);
      const stored = inOrder(columns.read(data.values), order, 1), groups = data.groups && inOrder(columns.read(data.groups), order, 1);
      const values = new Float32Array(stored.length * 4);
      for (let i = 0; i < stored.length; i++) {
        if (groups) values.set([(stored[i] & 255) / 255, ((stored[i] >> 8) & 255) / 255, ((stored[i] >> 16) & 255) / 255, groups[i]], 4 * i);
        else values[4 * i] = stored[i] / 4095;
      }
      const steps = data.steps ? inOrder(Float32Array.from(columns.read(data.steps)), order, 1) : null;
      return this.pointSet(positions, values, steps, {
        colouring: groups ? 2 : 1, map: data.map ?? -1, diameters: data.diameters, byMagnitude: data.byMagnitude, floor: data.floor,
        opacity: data.opacity, solid: '#000000', outline: null, bias: 0, group: data.group,
      });
    });
    const markers = figure.markers.map((data) => {
      const positions = columns.positions(data.positions);
      const steps = data.steps ? Float32Array.from(columns.read(data.steps)) : stepsAtX(figure, positions);
      return this.pointSet(positions, null, steps, markerStyle(data.colour, data.outline, data.diameter, data.group));
    });
    this.points = [...clouds, ...markers];
  }

  /**
   * @param {ReturnType<typeof triangleMesh>} mesh
   * @param {{map: number, range: number[], shading: number, opacity: number, contours: number[], wireframe: number[], floor: boolean,
   *   lineColours: SurfaceData['lineColours'] | null, colouring: number, solid: string, group: number}} style
   */
  filled(mesh, style) {
    const gl = this.gl;
    const array = this.vertexArray([[0, 3, mesh.positions], [1, 3, mesh.normals], [2, 4, mesh.extras], [3, 1, mesh.steps]]);
    const indices = this.buffer(mesh.indices, gl.ELEMENT_ARRAY_BUFFER);
    const isTranslucent = style.opacity < OPAQUE_FROM;
    const sorter = isTranslucent ? new Sorter(mesh.positions, mesh.indices, 3) : null;
    return { array, indices, count: mesh.indices.length, style, sorter };
  }

  /**
   * @param {Float32Array} positions @param {Float32Array | null} values @param {Float32Array | null} steps
   * @param {ReturnType<typeof markerStyle>} style
   */
  pointSet(positions, values, steps, style) {
    const gl = this.gl;
    const array = this.vertexArray([[0, 3, positions], [1, 4, values], [2, 1, steps]]);
    const count = positions.length / 3;
    const isTranslucent = style.opacity < OPAQUE_FROM;
    const all = isTranslucent ? Uint32Array.from({ length: count }, (_, i) => i) : null;
    const indices = all ? this.buffer(all, gl.ELEMENT_ARRAY_BUFFER) : null;
    return { array, indices, count, style, sorter: all ? new Sorter(positions, all, 1) : null };
  }

  /** @param {number} width @param {number} height */
  resize(width, height) {
    const gl = this.gl;
    if (this.targetSize[0] === width && this.targetSize[1] === height) return;
    this.targetSize = [width, height];
    this.canvas.width = width;
    this.canvas.height = height;
    for (const old of [this.target, this.resolved]) gl.deleteFramebuffer(old ?? null);
    for (const old of [this.colour, this.depth]) gl.deleteRenderbuffer(old ?? null);
    gl.deleteTexture(this.picture ?? null);
    this.target = gl.createFramebuffer();
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.target);
    this.colour = gl.createRenderbuffer();
    this.depth = gl.createRenderbuffer();
    const parts = /** @type {[WebGLRenderbuffer, number, number][]} */ ([[this.colour, gl.SRGB8_ALPHA8, gl.COLOR_ATTACHMENT0],
      [this.depth, gl.DEPTH_COMPONENT24, gl.DEPTH_ATTACHMENT]]);
    for (const [buffer, format, attachment] of parts) {
      gl.bindRenderbuffer(gl.RENDERBUFFER, buffer);
      gl.renderbufferStorageMultisample(gl.RENDERBUFFER, this.samples, format, width, height);
      gl.framebufferRenderbuffer(gl.FRAMEBUFFER, attachment, gl.RENDERBUFFER, buffer);
    }
    this.picture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, this.picture);
    gl.texStorage2D(gl.TEXTURE_2D, 1, gl.SRGB8_ALPHA8, width, height);
    for (const name of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, name, gl.NEAREST);
    this.resolved = gl.createFramebuffer();
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.resolved);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, this.picture, 0);
  }

  /**
   * @param {Camera} camera @param {ViewState} state
   * @param {{lines: FrameLine[], walls: Vec3[][]}} frame @param {boolean} inMotion @param {number} share of the points of large clouds
   */
  draw(camera, state, frame, inMotion, share) {
    const { gl, figure } = this;
    const [width, height] = this.targetSize;
    const theme = figure.themes[state.theme];
    this.camera = camera;
    this.state = state;
    this.theme = theme;
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.target ?? null);
    gl.viewport(0, 0, width, height);
    gl.disable(gl.SCISSOR_TEST);
    const [r, g, b] = linearColour(theme.background);
    gl.colorMask(true, true, true, true);
    gl.clearColor(r, g, b, 1);
    gl.clearDepth(1);
    gl.depthMask(true);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    const perPoint = width / figure.size[0];
    const [x, y, w, h] = figure.clip.map((value) => value * perPoint);
    gl.enable(gl.SCISSOR_TEST);
    gl.scissor(Math.round(x), Math.round(height - y - h), Math.max(0, Math.round(w)), Math.max(0, Math.round(h)));
    gl.enable(gl.DEPTH_TEST);
    gl.depthFunc(gl.LEQUAL);
    gl.disable(gl.BLEND);
    gl.colorMask(true, true, true, false);
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, this.maps ?? null);

    this.drawWalls(frame.walls);
    gl.enable(gl.SAMPLE_ALPHA_TO_COVERAGE);
    this.drawFrame(frame.lines);
    for (const fill of this.fills) {
      if (fill.style.floor) this.drawFilled(fill, true, 0, fill.count, false);
      if (!fill.sorter) this.drawFilled(fill, false, 0, fill.count, false);
    }
    const settings = figure.lineSettings;
    for (const { data, array, count } of this.lines) {
      if (data.outline) this.drawLines(array, count, data.outline, data.width + 2 * settings.outline, -1, settings.outlineBias, data.group);
      this.drawLines(array, count, data.colour, data.width, data.map ?? -1, settings.bias, data.group);
    }
    this.drawStep();
    for (const set of this.points) {
      const count = set.count > LARGE_CLOUD ? Math.ceil(set.count * share) : set.count;
      if (set.style.floor) this.drawPoints(set, true, 0, count, false);
      if (!set.sorter) this.drawPoints(set, false, 0, count, false);
    }
    gl.disable(gl.SAMPLE_ALPHA_TO_COVERAGE);
    this.drawTranslucent(inMotion);

    gl.colorMask(true, true, true, true);
    gl.disable(gl.SCISSOR_TEST);
    gl.bindFramebuffer(gl.READ_FRAMEBUFFER, this.target ?? null);
    gl.bindFramebuffer(gl.DRAW_FRAMEBUFFER, this.resolved ?? null);
    gl.blitFramebuffer(0, 0, width, height, 0, 0, width, height, gl.COLOR_BUFFER_BIT, gl.NEAREST);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.disable(gl.DEPTH_TEST);
    gl.useProgram(this.programs.present.program);
    gl.bindTexture(gl.TEXTURE_2D, this.picture ?? null);
    gl.bindVertexArray(null);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  /** Selects a program and sets what all of them share. @param {{program: WebGLProgram, at: Record<string, any>}} chosen */
  use({ program, at }) {
    const { gl, figure } = this;
    const camera = /** @type {Camera} */ (this.camera), state = /** @type {ViewState} */ (this.state);
    gl.useProgram(program);
    gl.uniformMatrix4fv(at.clipFromUnit, false, camera.clipFromUnit);
    gl.uniform2f(at.sizeInPixel, this.targetSize[0], this.targetSize[1]);
    gl.uniform1f(at.pixelPerPoint, this.targetSize[0] / figure.size[0]);
    gl.uniform1f(at.step, state.step);
    gl.uniform1i(at.hidden, state.hidden);
    gl.uniform1f(at.floorHeight, camera.towardsEye[2] >= 0 ? 0 : 1);
    gl.uniform3fv(at.background, linearColour(/** @type {Record<string, string>} */ (this.theme).background));
    return at;
  }

  /** A colour of the theme by its role, or the colour itself. @param {string} colour */
  colourOf(colour) {
    return linearColour(colour[0] === '#' ? colour : /** @type {Record<string, string>} */ (this.theme)[colour]);
  }

  /** @param {Vec3[][]} walls */
  drawWalls(walls) {
    const gl = this.gl;
    if (walls.length === 0) return;
    const corners = Float32Array.from(walls.flatMap((wall) => [0, 1, 2, 0, 2, 3].flatMap((corner) => wall[corner])));
    const at = this.use(this.programs.walls);
    gl.uniform3fv(at.solid, this.colourOf('wall'));
    gl.depthMask(false);
    this.temporary(this.vertexArray([[0, 3, corners]]), () => gl.drawArrays(gl.TRIANGLES, 0, corners.length / 3));
    gl.depthMask(true);
  }

  /** @param {FrameLine[]} lines */
  drawFrame(lines) {
    /** @type {Map<string, FrameLine[]>} */
    const styles = new Map();
    for (const line of lines) {
      const key = `${line.colour} ${line.width}`;
      styles.set(key, [...(styles.get(key) || []), line]);
    }
    for (const same of styles.values()) {
      const segments = Float32Array.from(same.flatMap(({ ends }) => [...ends[0], ...ends[1], 0, 0, 0]));
      const bias = FRAME_BIAS_SIGN * this.figure.lineSettings.bias;
      this.temporary(this.lineArray(segments), (array) => this.drawLines(array, same.length, same[0].colour, same[0].width, -1, bias, 0));
    }
  }

  /** Draws with a vertex array that is only used once. @param {WebGLVertexArrayObject} array @param {(array: any) => void} draw */
  temporary(array, draw) {
    const gl = this.gl;
    gl.bindVertexArray(array);
    draw(array);
    gl.bindVertexArray(array);
    const buffer = gl.getVertexAttrib(0, gl.VERTEX_ATTRIB_ARRAY_BUFFER_BINDING);
    gl.bindVertexArray(null);
    gl.deleteVertexArray(array);
    gl.deleteBuffer(buffer);
  }

  /**
   * @param {WebGLVertexArrayObject} array @param {number} count @param {string} colour @param {number} width
   * @param {number} map @param {number} bias @param {number} group
   */
  drawLines(array, count, colour, width, map, bias, group) {
    const gl = this.gl;
    const at = this.use(this.programs.lines);
    gl.uniform3fv(at.solid, this.colourOf(colour));
    gl.uniform1f(at.widthPt, width);
    gl.uniform1f(at.bias, bias);
    gl.uniform1i(at.map, map);
    gl.uniform1f(at.group, group);
    gl.bindVertexArray(array);
    gl.drawArraysInstanced(gl.TRIANGLES, 0, 6, count);
  }

  /** The ends of paths and the lines across surfaces at the current step. */
  drawStep() {
    const { figure } = this;
    const state = /** @type {ViewState} */ (this.state);
    if (!this.stepMarks || this.stepMarks.step !== state.step || this.stepMarks.hidden !== state.hidden) {
      this.stepMarks = { step: state.step, hidden: state.hidden, ...marksAtStep(figure, this.columns, state) };
    }
    const { ends, across } = this.stepMarks;
    if (across.length) {
      this.temporary(this.lineArray(across), (array) => this.drawLines(array, across.length / 9, 'path', 1.4, -1, figure.lineSettings.bias, 0));
    }
    if (ends.length) {
      const style = markerStyle('#ffffff', '#111111', ends.length > 60 ? 2.6 : 5, 0);
      const set = this.pointSet(ends, null, null, style);
      this.temporary(set.array, () => this.drawPoints(set, false, 0, set.count, false));
    }
  }

  /**
   * @param {ReturnType<Renderer['filled']>} fill @param {boolean} onFloor @param {number} first @param {number} count @param {boolean} blended
   */
  drawFilled({ array, indices, style }, onFloor, first, count, blended) {
    const gl = this.gl;
    const camera = /** @type {Camera} */ (this.camera);
    const at = this.use(this.programs.filled);
    gl.uniform3fv(at.boxAspect, camera.boxAspect);
    gl.uniform3fv(at.towardsEye, camera.towardsEye);
    gl.uniform3fv(at.towardsLight, camera.light);
    gl.uniform2fv(at.range, style.range);
    gl.uniform2fv(at.contours, style.contours);
    gl.uniform2fv(at.wireframe, style.wireframe);
    gl.uniform1f(at.shading, style.shading);
    gl.uniform1f(at.opacity, onFloor ? 1 : style.opacity);
    gl.uniform1f(at.onFloor, onFloor ? 1 : 0);
    gl.uniform1f(at.blended, blended ? 1 : 0);
    gl.uniform1f(at.group, style.group);
    gl.uniform1i(at.colouring, style.colouring);
    gl.uniform1i(at.map, style.map);
    gl.uniform3fv(at.solid, linearColour(style.solid));
    const line = style.lineColours ? style.lineColours[/** @type {ViewState} */ (this.state).theme][onFloor ? 1 : 0] : null;
    gl.uniform4f(at.lineColour, ...(line ? linearColour(line[0]) : /** @type {Vec3} */ ([0, 0, 0])), line ? line[1] : 0);
    gl.bindVertexArray(array);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, indices);
    gl.drawElements(gl.TRIANGLES, count, gl.UNSIGNED_INT, 4 * first);
  }

  /**
   * @param {ReturnType<Renderer['pointSet']>} set @param {boolean} onFloor @param {number} first @param {number} count @param {boolean} blended
   */
  drawPoints({ array, indices, style }, onFloor, first, count, blended) {
    const gl = this.gl;
    const at = this.use(this.programs.points);
    const shrink = onFloor ? 0.9 : 1;
    gl.uniform2f(at.diameters, style.diameters[0] * shrink, style.diameters[1] * shrink);
    gl.uniform1f(at.byMagnitude, style.byMagnitude ? 1 : 0);
    gl.uniform1f(at.bias, style.bias);
    gl.uniform1f(at.onFloor, onFloor ? 1 : 0);
    gl.uniform1f(at.blended, blended ? 1 : 0);
    gl.uniform1f(at.opacity, style.opacity);
    gl.uniform1f(at.group, style.group);
    gl.uniform1i(at.colouring, style.colouring);
    gl.uniform1i(at.map, style.map);
    gl.uniform3fv(at.solid, linearColour(style.solid));
    gl.uniform4f(at.outline, ...linearColour(style.outline || '#000000'), style.outline ? 1 : 0);
    gl.uniform1f(at.outlinePt, style.diameters[0] * 0.22);
    gl.bindVertexArray(array);
    if (indices && blended) {
      gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, indices);
      gl.drawElements(gl.POINTS, count, gl.UNSIGNED_INT, 4 * first);
    } else {
      gl.drawArrays(gl.POINTS, 0, count);
    }
  }

  /** Translucent elements from the back to the front. @param {boolean} inMotion */
  drawTranslucent(inMotion) {
    const gl = this.gl;
    const camera = /** @type {Camera} */ (this.camera);
    const elements = [
      ...this.fills.map((fill) => ({ set: fill, draw: (/** @type {number} */ a, /** @type {number} */ n) => this.drawFilled(fill, false, a, n, true) })),
      ...this.points.map((set) => ({ set, draw: (/** @type {number} */ a, /** @type {number} */ n) => this.drawPoints(set, false, a, n, true) })),
    ].filter(({ set }) => set.sorter);
    if (elements.length === 0) return;
    const total = elements.reduce((sum, { set }) => sum + set.count, 0) / 3;
    const slices = elements.length > 1 ? SLICES : 1;
    // What is constant along the line of sight gives the order: the row of depth of the projection.
    const depth = camera.rows[3].some((value, i) => i < 3 && value !== 0) ? camera.rows[3].map((value) => -value) : camera.rows[2];
    const key = depth.join();
    if (key !== this.sortedFor && !(inMotion && total > SORTED_IN_MOTION && this.sortedFor)) {
      this.sortedFor = key;
      for (const { set } of elements) {
        const sorted = /** @type {Sorter} */ (set.sorter).sort(depth, slices);
        gl.bindVertexArray(set.array);
        gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, set.indices);
        gl.bufferSubData(gl.ELEMENT_ARRAY_BUFFER, 0, sorted);
      }
    }
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA);
    gl.depthMask(false);
    for (let slice = 0; slice < slices; slice++) {
      for (const { set, draw } of elements) {
        const starts = /** @type {Sorter} */ (set.sorter).starts;
        if (starts[slice + 1] > starts[slice]) draw(starts[slice], starts[slice + 1] - starts[slice]);
      }
    }
    gl.depthMask(true);
    gl.disable(gl.BLEND);
  }
}

/**
 * @param {string} solid @param {string | null} outline @param {number} diameter @param {number} group
 */
function markerStyle(solid, outline, diameter, group) {
  return { colouring: 0, map: -1, diameters: [diameter, diameter], byMagnitude: false, floor: false, opacity: 1, solid, outline, bias: MARKER_BIAS, group };
}

/** An order of a large cloud's points that spreads neighbours; null keeps the order. @param {number} count */
function shuffled(count) {
  if (count <= LARGE_CLOUD || count > SPREAD) return null;
  const keys = new Float64Array(count);
  for (let i = 0, key = 1; i < count; i++) {
    key = (key * 48271) % SHUFFLE;
    keys[i] = key * SPREAD + i;
  }
  return Uint32Array.from(keys.sort(), (key) => key % SPREAD);
}

/**
 * Values in an order, `size` of them at a time.
 * @template {Float32Array | Int32Array | Float64Array | Uint8Array} T
 * @param {T} values @param {Uint32Array | null} order @param {number} size
 * @returns {T}
 */
function inOrder(values, order, size) {
  if (!order) return values;
  const sorted = /** @type {T} */ (values.slice());
  for (let i = 0; i < order.length; i++) for (let k = 0; k < size; k++) sorted[size * i + k] = values[size * order[i] + k];
  return sorted;
}

/** Sorts triangles or points by depth. */
class Sorter {
  /** @param {Float32Array} positions @param {Uint32Array} indices @param {number} corners of each element */
  constructor(positions, indices, corners) {
    this.positions = positions;
    this.indices = Uint32Array.from(indices);
    this.corners = corners;
    this.keys = new Uint16Array(indices.length / corners);
    this.sorted = new Uint32Array(indices.length);
    /** First index of each slice. */
    this.starts = [0, indices.length];
  }

  /** Farthest first. @param {number[]} depth larger is nearer @param {number} slices */
  sort([a, b, c], slices) {
    const { positions, indices, corners, keys, sorted } = this;
    const low = Math.min(a, 0) + Math.min(b, 0) + Math.min(c, 0);
    const high = Math.max(a, 0) + Math.max(b, 0) + Math.max(c, 0);
    const scale = 65535 / Math.max(high - low, 1e-9);
    const counts = new Uint32Array(65537);
    for (let i = 0; i < keys.length; i++) {
      let sum = 0;
      for (let k = 0; k < corners; k++) {
        const at = 3 * indices[corners * i + k];
        sum += a * positions[at] + b * positions[at + 1] + c * positions[at + 2];
      }
      const key = Math.max(0, Math.min(65535, (sum / corners - low) * scale));
      keys[i] = key;
      counts[keys[i] + 1]++;
    }
    for (let i = 0; i < 65536; i++) counts[i + 1] += counts[i];
    this.starts = Array.from({ length: slices + 1 }, (_, slice) => counts[Math.round((slice * 65536) / slices)] * corners);
    for (let i = 0; i < keys.length; i++) {
      const to = counts[keys[i]]++ * corners;
      for (let k = 0; k < corners; k++) sorted[to + k] = indices[corners * i + k];
    }
    return sorted;
  }
}

/**
 * The step of markers on a surface over steps: that of the first column that is as far along x.
 * @param {FigureData} figure @param {ArrayLike<number>} positions
 * @returns {Float32Array | null}
 */
function stepsAtX(figure, positions) {
  const surfaces = figure.surfaces.filter((surface) => surface.columns);
  if (surfaces.length === 0) return null;
  return Float32Array.from({ length: positions.length / 3 }, (_, i) => Math.min(...surfaces.map(({ columns }) => {
    const { x, steps } = /** @type {NonNullable<SurfaceData['columns']>} */ (columns);
    const column = x.findIndex((at) => at >= positions[3 * i] - 1e-5);
    return column < 0 ? Infinity : steps[column];
  })));
}

/**
 * Positions of the ends of paths that go on after a step, and the lines of surfaces at it; nothing at the last step.
 * @param {FigureData} figure @param {Columns} columns @param {ViewState} state
 */
function marksAtStep(figure, columns, state) {
  /** @type {number[]} */
  const ends = [];
  /** @type {number[]} */
  const across = [];
  if (state.step >= figure.steps[2] - 1) return { ends: new Float32Array(0), across: new Float32Array(0) };
  for (const line of figure.lines) {
    if (!line.steps || (state.hidden >> line.group) & 1) continue;
    const [positions, steps, paths] = [columns.positions(line.positions), columns.read(line.steps), columns.read(line.paths)];
    for (let path = 0; path < paths.length; path++) {
      const next = path + 1 < paths.length ? paths[path + 1] : steps.length;
      let last = -1;
      for (let i = paths[path]; i < next && steps[i] <= state.step; i++) last = i;
      if (last >= 0 && (last + 1 < next || steps[last] >= state.step)) ends.push(...positions.subarray(3 * last, 3 * last + 3));
    }
  }
  for (const surface of figure.surfaces) {
    if (!surface.columns) continue;
    const { x, steps } = surface.columns;
    let column = steps.length - 1;
    while (column >= 0 && steps[column] > state.step) column--;
    if (column < 0) continue;
    const mesh = surfaceMesh(surface, columns);
    const width = surface.x[2], height = surface.y[2];
    let node = 0;
    for (let i = 1; i < width; i++) if (Math.abs(mesh.positions[3 * i] - x[column]) < Math.abs(mesh.positions[3 * node] - x[column])) node = i;
    for (let row = 0; row + 1 < height; row++) {
      const [a, b] = [row * width + node, (row + 1) * width + node];
      if (mesh.extras[4 * a] < 0 || mesh.extras[4 * b] < 0) continue;
      across.push(...mesh.positions.subarray(3 * a, 3 * a + 3), ...mesh.positions.subarray(3 * b, 3 * b + 3), 0, 0, 0);
    }
  }
  return { ends: Float32Array.from(ends), across: Float32Array.from(across) };
}
