// @ts-check
// The camera: a turntable around a target, z up. Twin: app/scene/src/camera.rs.

const DISTANCE_IN_RADII = 4.6;

/** @param {number[]} a @param {number[]} b */
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
/** @param {number[]} a @param {number[]} b @returns {Vec3} */
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
/** @param {number[]} a @returns {Vec3} */
const normalized = (a) => {
  const length = Math.hypot(a[0], a[1], a[2]) || 1;
  return [a[0] / length, a[1] / length, a[2] / length];
};

/** A camera that projects the unit box into a rectangle of the page. */
class Camera {
  /**
   * @param {CameraState} state
   * @param {Vec3} boxAspect
   * @param {[number, number]} size the page in points
   * @param {Rect4} clip the rectangle that the camera's coordinates refer to
   */
  constructor(state, boxAspect, size, clip) {
    this.start = state;
    this.boxAspect = boxAspect;
    this.size = size;
    this.clip = clip;
    this.distance = (Math.hypot(...boxAspect) / 2) * DISTANCE_IN_RADII;
    this.state = structuredClone(state);
    /** @type {number[][]} */
    this.rows = [];
    this.clipFromUnit = new Float32Array(16);
    const [right, up, towardsEye] = this.axes();
    this.right = right;
    this.up = up;
    this.towardsEye = towardsEye;
    this.light = up;
    this.update();
  }

  reset() {
    this.state = structuredClone(this.start);
    this.update();
  }

  isAtStart() {
    return JSON.stringify(this.state) === JSON.stringify(this.start);
  }

  /** Unit vectors to the right, up and towards the eye. @returns {[Vec3, Vec3, Vec3]} */
  axes() {
    const { azimuth, elevation, roll } = this.state;
    const [sa, ca, se, ce] = [Math.sin(azimuth), Math.cos(azimuth), Math.sin(elevation), Math.cos(elevation)];
    const level = [-sa, ca, 0];
    /** @type {Vec3} */
    const towardsEye = [ce * ca, ce * sa, se];
    const upright = cross(towardsEye, level);
    const [sr, cr] = [Math.sin(roll), Math.cos(roll)];
    /** @type {Vec3} */
    const right = [level[0] * cr - upright[0] * sr, level[1] * cr - upright[1] * sr, level[2] * cr - upright[2] * sr];
    return [right, cross(towardsEye, right), towardsEye];
  }

  /** Clip space of the page from the unit box; z / w is 1 near and 0 far. */
  update() {
    const [right, up, towards] = this.axes();
    const { target, scale, offset, orthographic } = this.state;
    const d = this.distance;
    const eye = target.map((value, i) => value + towards[i] * d);
    const [x, y, width, height] = this.clip;
    const ratio = width / height;
    // Rows of clip-from-view times view-from-world.
    const view = [[...right, -dot(right, eye)], [...up, -dot(up, eye)], [...towards, -dot(towards, eye)], [0, 0, 0, 1]];
    const sx = scale / ratio;
    const rows = orthographic
      ? [[sx, 0, 0, offset[0]], [0, scale, 0, offset[1]], [0, 0, 0.5 / d, 1], [0, 0, 0, 1]]
      : [[sx, 0, -offset[0] / d, 0], [0, scale, -offset[1] / d, 0], [0, 0, 0, 0.3], [0, 0, -1 / d, 0]];
    const [pw, ph] = this.size;
    const placed = [[width / pw, 0, 0, ((x + width / 2) / pw) * 2 - 1], [0, height / ph, 0, 1 - ((y + height / 2) / ph) * 2],
      [0, 0, 1, 0], [0, 0, 0, 1]];
    const b = this.boxAspect;
    const box = [[b[0], 0, 0, -b[0] / 2], [0, b[1], 0, -b[1] / 2], [0, 0, b[2], -b[2] / 2], [0, 0, 0, 1]];
    /** @param {number[][]} m @param {number[][]} n */
    const times = (m, n) => m.map((row) => [0, 1, 2, 3].map((c) => row[0] * n[0][c] + row[1] * n[1][c] + row[2] * n[2][c] + row[3] * n[3][c]));
    this.rows = times(placed, times(rows, times(view, box)));
    /** Column by column, as WebGL wants it. */
    this.clipFromUnit = Float32Array.from([0, 1, 2, 3].flatMap((c) => this.rows.map((row) => row[c])));
    this.right = right;
    this.up = up;
    this.towardsEye = towards;
    this.light = normalized(towards.map((value, i) => value * 0.55 + up[i] * 0.75 - right[i] * 0.45));
  }

  /**
   * A position of the unit box in points (y down), and its depth, larger is nearer.
   * @param {number} x @param {number} y @param {number} z
   * @returns {Vec3}
   */
  project(x, y, z) {
    const [a, b, c, d] = this.rows.map((row) => row[0] * x + row[1] * y + row[2] * z + row[3]);
    return [((a / d + 1) / 2) * this.size[0], ((1 - b / d) / 2) * this.size[1], c / d];
  }

  /** @param {number} azimuth @param {number} elevation */
  orbit(azimuth, elevation) {
    const turn = 2 * Math.PI;
    this.state.azimuth = (((this.state.azimuth + azimuth) % turn) + turn) % turn;
    this.state.elevation = Math.max(-turn / 4, Math.min(turn / 4, this.state.elevation + elevation));
    this.update();
  }

  /** By a distance in points. @param {number} dx @param {number} dy */
  pan(dx, dy) {
    this.state.offset[0] += (dx / this.clip[2]) * 2;
    this.state.offset[1] -= (dy / this.clip[3]) * 2;
    this.update();
  }

  /** Keeps a point of the page where it is. @param {number} factor @param {number} x @param {number} y */
  zoom(factor, x, y) {
    const { state, clip } = this;
    const scale = Math.max(0.05, Math.min(2000, state.scale * factor));
    const by = scale / state.scale;
    const anchor = [((x - clip[0]) / clip[2]) * 2 - 1, 1 - ((y - clip[1]) / clip[3]) * 2];
    state.scale = scale;
    for (const i of [0, 1]) state.offset[i] = anchor[i] + (state.offset[i] - anchor[i]) * by;
    this.update();
  }
}
