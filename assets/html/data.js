// @ts-check
// Reads the page's block of numbers: base64, deflated, columns in byte planes. Writer: app/export/src/html/blob.rs.

const LENGTH_BASE = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
  6145, 8193, 12289, 16385, 24577];
const LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const STEPS_PER_UNIT = 262144;

/**
 * Codes of a Huffman tree as a table by the next 15 bits: symbol times 16 plus length.
 * @param {ArrayLike<number>} lengths
 * @returns {Uint16Array}
 */
function huffmanTable(lengths) {
  const counts = new Uint16Array(16);
  for (let i = 0; i < lengths.length; i++) counts[lengths[i]]++;
  counts[0] = 0;
  const next = new Uint16Array(16);
  for (let bits = 1; bits < 16; bits++) next[bits] = (next[bits - 1] + counts[bits - 1]) << 1;
  const table = new Uint16Array(1 << 15);
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol];
    if (length === 0) continue;
    let code = next[length]++;
    let reversed = 0;
    for (let bit = 0; bit < length; bit++, code >>= 1) reversed = (reversed << 1) | (code & 1);
    for (let at = reversed; at < 1 << 15; at += 1 << length) table[at] = (symbol << 4) | length;
  }
  return table;
}

/**
 * Inflates raw deflate (RFC 1951). Synchronous and everywhere available, unlike DecompressionStream.
 * @param {Uint8Array} bytes
 * @returns {Uint8Array}
 */
function inflate(bytes) {
  let out = new Uint8Array(Math.max(1024, bytes.length * 4));
  let size = 0, at = 0, held = 0, count = 0;
  /** @param {number} wanted */
  const bits = (wanted) => {
    while (count < wanted) {
      held |= bytes[at++] << count;
      count += 8;
    }
    const value = held & ((1 << wanted) - 1);
    held >>>= wanted;
    count -= wanted;
    return value;
  };
  /** @param {Uint16Array} table */
  const symbol = (table) => {
    while (count < 15) {
      held |= (bytes[at++] | 0) << count;
      count += 8;
    }
    const entry = table[held & 32767];
    held >>>= entry & 15;
    count -= entry & 15;
    return entry >> 4;
  };
  /** @param {number} more */
  const reserve = (more) => {
    if (size + more <= out.length) return;
    const larger = new Uint8Array(Math.max(out.length * 2, size + more));
    larger.set(out);
    out = larger;
  };
  for (let last = 0; !last;) {
    last = bits(1);
    const type = bits(2);
    if (type === 0) {
      at -= count >> 3;
      held = count = 0;
      const length = bytes[at] | (bytes[at + 1] << 8);
      reserve(length);
      out.set(bytes.subarray(at + 4, at + 4 + length), size);
      size += length;
      at += 4 + length;
      continue;
    }
    let literals, distances;
    if (type === 1) {
      literals = huffmanTable(Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8)));
      distances = huffmanTable(new Array(30).fill(5));
    } else {
      const literalCount = bits(5) + 257, distanceCount = bits(5) + 1, orderCount = bits(4) + 4;
      const orders = new Array(19).fill(0);
      for (let i = 0; i < orderCount; i++) orders[LENGTH_ORDER[i]] = bits(3);
      const table = huffmanTable(orders);
      const lengths = [];
      while (lengths.length < literalCount + distanceCount) {
        const code = symbol(table);
        if (code < 16) lengths.push(code);
        else {
          const value = code === 16 ? lengths[lengths.length - 1] : 0;
          const times = code === 16 ? 3 + bits(2) : code === 17 ? 3 + bits(3) : 11 + bits(7);
          for (let i = 0; i < times; i++) lengths.push(value);
        }
      }
      literals = huffmanTable(lengths.slice(0, literalCount));
      distances = huffmanTable(lengths.slice(literalCount));
    }
    for (;;) {
      const code = symbol(literals);
      if (code === 256) break;
      reserve(258);
      if (code < 256) {
        out[size++] = code;
        continue;
      }
      const length = LENGTH_BASE[code - 257] + bits(LENGTH_EXTRA[code - 257]);
      const far = symbol(distances);
      const distance = DISTANCE_BASE[far] + bits(far < 4 ? 0 : (far >> 1) - 1);
      for (let from = size - distance, end = size + length; size < end;) out[size++] = out[from++];
    }
  }
  return out.subarray(0, size);
}

/** The columns of a page's block. */
class Columns {
  /** @param {string} base64 */
  constructor(base64) {
    const text = atob(base64);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    this.bytes = inflate(bytes);
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
