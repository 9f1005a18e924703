// @ts-check
// Shapes and text as SVG over the canvas, in points.

const SVG = 'http://www.w3.org/2000/svg';

/** @param {string} name @param {Record<string, string | number>} attributes */
function svgElement(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const key in attributes) element.setAttribute(key, String(attributes[key]));
  return element;
}

/**
 * Appends shapes to a group.
 * @param {Element} group @param {Shape[]} shapes @param {Record<string, string>} theme
 */
function paint(group, shapes, theme) {
  const parts = document.createDocumentFragment();
  for (const shape of shapes) parts.append(shapeElement(shape, theme));
  group.append(parts);
}

let rampCount = 0;

/** @param {Shape} shape @param {Record<string, string>} theme @returns {Element} */
function shapeElement(shape, theme) {
  const colour = (/** @type {string | undefined} */ name) => (!name ? 'none' : name[0] === '#' ? name : theme[name]);
  const { ends = [0, 0, 0, 0], rect: [x, y, width, height] = [0, 0, 0, 0], centre: [cx, cy] = [0, 0], diameter = 0, width: line = 0 } = shape;
  const box = { x, y, width, height };
  switch (shape.kind) {
    case 'line':
      return svgElement('line', { x1: ends[0], y1: ends[1], x2: ends[2], y2: ends[3], stroke: colour(shape.colour), 'stroke-width': line, 'stroke-linecap': 'round' });
    case 'fill':
      return svgElement('rect', { ...box, fill: colour(shape.colour) });
    case 'dot':
      return svgElement('circle', { cx, cy, r: diameter / 2, fill: colour(shape.colour) });
    case 'ring':
      return svgElement('circle', { cx, cy, r: diameter / 2, fill: 'none', stroke: colour(shape.colour), 'stroke-width': line });
    case 'panel':
      return svgElement('rect', { ...box, rx: shape.radius || 0, fill: colour(shape.colour), stroke: colour(shape.border), 'stroke-width': line });
    case 'ramp': {
      const group = svgElement('g', {}), id = `ramp${rampCount++}`;
      const gradient = svgElement('linearGradient', { id, x1: 0, y1: 1, x2: 0, y2: 0 });
      const colours = shape.colours || [];
      colours.forEach((stop, i) => gradient.append(svgElement('stop', { offset: i / (colours.length - 1), 'stop-color': stop })));
      group.append(gradient, svgElement('rect', { ...box, fill: `url(#${id})` }));
      return group;
    }
    default:
      return textElement(shape, colour(shape.colour), theme);
  }
}

/** @param {Shape} shape @param {string} colour @param {Record<string, string>} theme */
function textElement({ at: [x, y] = [0, 0], size = 0, angle = 0, bold, text = '', width = 0, halo }, colour, theme) {
  const element = svgElement('text', { x, y, 'font-size': size, fill: colour });
  if (bold) element.setAttribute('font-weight', '600');
  if (Math.abs(angle) > 1e-4) element.setAttribute('transform', `rotate(${(angle * 180) / Math.PI} ${x} ${y})`);
  // The width of the figure's own font, whichever font the browser has.
  if (width > 0 && text.length > 1) {
    element.setAttribute('textLength', String(width));
    element.setAttribute('lengthAdjust', 'spacingAndGlyphs');
  }
  if (halo) {
    for (const [name, value] of [['paint-order', 'stroke'], ['stroke', theme.background], ['stroke-opacity', '0.85'], ['stroke-width', String(size * 0.28)], ['stroke-linejoin', 'round']]) {
      element.setAttribute(name, value);
    }
  }
  element.textContent = text;
  return element;
}
