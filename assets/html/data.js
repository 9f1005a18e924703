// @ts-check
// Reads the page's block of numbers: base64, deflated, columns in byte planes. Writer: app/export/src/html/blob.rs.

const STEPS_PER_UNIT = 262144;

/**
 * The bytes behind base64 text of raw deflate (RFC 1951).
 * @param {string} base64
 * @returns {Promise<Uint8Array>}
 */
async function inflated(base64) {
  if (!('DecompressionStream' in globalThis)) throw new Error('this browser cannot read compressed data');
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The columns of a page's block. */
class Columns {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.bytes = bytes;
  }

  /**
   * The numbers of a column.
   * @param {Column} column
   * @returns {Int32Array | Float64Array | Float32Array | Uint8Array}
   */
  read([kind, at, count]) {
    const bytes = this.bytes;
    if (kind === 'b') return bytes.subarray(at, at + count);
    if (kind === 'i') {
      const values = new Int32Array(count);
      let value = 0;
      for (let i = 0; i < count; i++) {
        const word = bytes[at + i] | (bytes[at + count + i] << 8) | (bytes[at + 2 * count + i] << 16) | (bytes[at + 3 * count + i] << 24);
        value = (value + ((word >>> 1) ^ -(word & 1))) | 0;
        values[i] = value;
      }
      return values;
    }
    const width = kind === 'd' ? 8 : 4;
    const joined = new Uint8Array(count * width);
    for (let plane = 0; plane < width; plane++) {
      for (let i = 0, from = at + plane * count; i < count; i++) joined[i * width + plane] = bytes[from + i];
    }
    return kind === 'd' ? new Float64Array(joined.buffer) : new Float32Array(joined.buffer);
  }

  /**
   * x, y, z of each position in the unit box.
   * @param {[Column, Column, Column]} axes
   * @returns {Float32Array}
   */
  positions(axes) {
    const all = new Float32Array(axes[0][2] * 3);
    axes.forEach((column, axis) => {
      const values = this.read(column);
      for (let i = 0; i < values.length; i++) all[3 * i + axis] = values[i] / STEPS_PER_UNIT;
    });
    return all;
  }

  /** @param {Column} column @returns {Float32Array} */
  coordinates(column) {
    return Float32Array.from(this.read(column), (value) => value / STEPS_PER_UNIT);
  }

  /** @param {Column} column @returns {Float32Array} */
  shares(column) {
    return Float32Array.from(this.read(column), (value) => value / 4095);
  }

  /** @param {Column} column @returns {string[]} */
  texts(column) {
    return JSON.parse(new TextDecoder().decode(this.read(column)));
  }
}
