// @ts-check
// The records behind what is drawn: found under the pointer, told with the digits of the log.

/** A number as Rust prints it: its shortest digits, without an exponent. @param {number} value */
function plainNumber(value) {
  const text = Object.is(value, -0) ? '-0' : String(value);
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (!match) return text;
  const digits = match[2] + (match[3] || ''), exponent = Number(match[4]);
  if (exponent < 0) return `${match[1]}0.${'0'.repeat(-exponent - 1)}${digits}`;
  return match[1] + digits.padEnd(exponent + 1, '0');
}

/** Share of the radius within which the pointer is on a marker. */
const ON_MARKER = 0.4;

class Records {
  /** @param {FigureData} figure @param {Columns} columns */
  constructor(figure, columns) {
    this.columns = columns;
    this.batches = figure.records.batches.map((data) => ({
      data,
      positions: columns.positions(data.positions),
      steps: columns.read(data.steps),
    }));
    this.count = this.batches.reduce((sum, batch) => sum + batch.steps.length, 0);
    /** @type {Map<object, {texts: string[] | null, values: ArrayLike<number>}>} */
    this.read = new Map();
  }

  /**
   * The record nearest to a point of the page: markers under it, then points, then nodes of surfaces, then the smaller distance.
   * @param {Camera} camera @param {ViewState} state @param {number} x @param {number} y @param {number} radius
   */
  pick(camera, state, x, y, radius) {
    const rows = camera.rows, [width, height] = camera.size;
    let best = null, least = Infinity, bestRank = 2;
    for (const { data, positions, steps } of this.batches) {
      if ((state.hidden >> data.group) & 1 && data.group) continue;
      if (best && data.rank > bestRank) continue;
      for (let i = 0, at = 0; i < steps.length; i++, at += 3) {
        if (steps[i] > state.step) continue;
        const px = positions[at], py = positions[at + 1], pz = positions[at + 2];
        const w = rows[3][0] * px + rows[3][1] * py + rows[3][2] * pz + rows[3][3];
        const dx = ((rows[0][0] * px + rows[0][1] * py + rows[0][2] * pz + rows[0][3]) / w + 1) * width / 2 - x;
        if (dx > radius || dx < -radius) continue;
        const dy = (1 - (rows[1][0] * px + rows[1][1] * py + rows[1][2] * pz + rows[1][3]) / w) * height / 2 - y;
        const distance = Math.hypot(dx, dy);
        if (distance > radius) continue;
        const depth = (rows[2][0] * px + rows[2][1] * py + rows[2][2] * pz + rows[2][3]) / w;
        const cost = distance + (1 - depth) * radius;
        const rank = data.rank === 0 && distance > radius * ON_MARKER ? 1 : data.rank;
        if (rank < bestRank || (rank === bestRank && cost < least)) {
          best = { batch: data, index: i, at: /** @type {Vec3} */ ([px, py, pz]) };
          least = cost;
          bestRank = rank;
        }
      }
    }
    return best;
  }

  /** The record with a number from 0 on, for the keyboard. @param {number} number */
  nth(number) {
    for (const { data, positions, steps } of this.batches) {
      if (number < steps.length) {
        const at = /** @type {Vec3} */ (Array.from(positions.subarray(3 * number, 3 * number + 3)));
        return { batch: data, index: number, at };
      }
      number -= steps.length;
    }
    return null;
  }

  /** Names and values of a record. @param {{batch: BatchData, index: number}} record @returns {[string, string][]} */
  lines({ batch, index }) {
    return batch.names.map((name, line) => {
      const column = batch.columns[line];
      let read = this.read.get(column);
      if (!read) {
        read = Array.isArray(column) ? { texts: null, values: this.columns.read(column) }
          : { texts: this.columns.texts(column.texts), values: this.columns.read(column.places) };
        this.read.set(column, read);
      }
      const value = read.values[index];
      return [name, read.texts ? read.texts[value] : plainNumber(value)];
    });
  }
}
