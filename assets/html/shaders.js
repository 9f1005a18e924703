// @ts-check
// Shaders in GLSL ES 3.00; each is the twin of the file of the same name in shaders/.
// Output is linear light: the frame buffer encodes it. Coverage of edges leaves as alpha for alpha-to-coverage.

// `asSeen`: samples are averaged as light; the share of it that looks like a coverage.
const FRAME = `#version 300 es
precision highp float;
precision highp int;
uniform mat4 clipFromUnit;
uniform vec2 sizeInPixel;
uniform float pixelPerPoint;
uniform float step;
uniform int hidden;
uniform vec3 background;
const float TOLERANCE = 2.0e-4;
bool isInBox(vec3 unit) { vec3 off = abs(unit - 0.5); return max(max(off.x, off.y), off.z) <= 0.5 + TOLERANCE; }
vec4 placed(vec4 clip, float bias) { float z = clip.z + bias * clip.w; return vec4(clip.xy, clip.w - 2.0 * z, clip.w); }
bool isHidden(float group, float at) { return at > step || (int(group) > 0 && ((hidden >> int(group)) & 1) == 1); }
const vec4 NOWHERE = vec4(-4.0, -4.0, 0.5, 1.0);
const vec3 LUMINANCE = vec3(0.2126, 0.7152, 0.0722);
float asSeen(float coverage, vec3 colour) {
  float share = clamp(coverage, 0.0, 1.0), below = dot(background, LUMINANCE), above = dot(colour, LUMINANCE);
  if (abs(above - below) < 0.02) return share;
  float stored = mix(pow(below, 1.0 / 2.2), pow(min(above, 1.0), 1.0 / 2.2), share);
  return (pow(stored, 2.2) - below) / (above - below);
}
`;

const MAP = `
uniform sampler2D maps;
uniform int map;
vec3 mapColour(float unit) { return texelFetch(maps, ivec2(min(int(clamp(unit, 0.0, 1.0) * 256.0), 255), map), 0).rgb; }
out vec4 colourOut;
`;

// Surfaces and meshes. `extra` is support, value, column and row; `colouring` 0 is by height, 1 by value, 2 solid.
const FILLED_VERTEX = `${FRAME}
uniform vec3 boxAspect;
uniform float onFloor;
uniform float floorHeight;
uniform float group;
layout(location = 0) in vec3 position;
layout(location = 1) in vec3 normal;
layout(location = 2) in vec4 extra;
layout(location = 3) in float stepOf;
out vec3 vNormal; out vec3 vUnit; out vec4 vExtra;
void main() {
  vec3 at = vec3(position.xy, mix(position.z, floorHeight, onFloor));
  gl_Position = isHidden(group, stepOf) ? NOWHERE : placed(clipFromUnit * vec4(at, 1.0), 0.0);
  vNormal = normal / boxAspect;
  vUnit = position;
  vExtra = extra;
}`;

const FILLED_FRAGMENT = `${FRAME}
${MAP}
uniform float onFloor;
uniform vec3 towardsEye;
uniform vec3 towardsLight;
uniform vec2 range;
uniform vec2 contours;
uniform vec2 wireframe;
uniform float shading;
uniform float opacity;
uniform int colouring;
uniform vec3 solid;
uniform vec4 lineColour;
uniform float blended;
in vec3 vNormal; in vec3 vUnit; in vec4 vExtra;
float lineCover(float phase, float width) {
  float perPixel = max(fwidth(phase), 1e-6);
  float distance = abs(fract(phase + 0.5) - 0.5) / perPixel;
  return clamp(width * 0.5 + 0.5 - distance, 0.0, 1.0) * (1.0 - smoothstep(0.2, 0.5, perPixel));
}
void main() {
  vec3 off = abs(vUnit - 0.5);
  float outside = max(max(off.x, off.y), off.z) - 0.5 - TOLERANCE;
  float inside = 1.5 - outside / clamp(fwidth(outside), 1e-9, 0.015);
  inside = min(inside, vExtra.x / max(fwidth(vExtra.x), 1e-9) + 0.5);
  float lines = 0.0;
  if (contours.x > 0.0) lines = lineCover((vUnit.z - contours.y) / contours.x, max(0.4 * pixelPerPoint, 1.0));
  vec2 mesh = vExtra.zw / max(wireframe, vec2(1.0));
  float meshLines = max(lineCover(mesh.x, 1.0), lineCover(mesh.y, 1.0)) * 0.8;
  if (wireframe.x > 0.0) lines = max(lines, meshLines);
  if (inside <= 0.0) discard;
  float height = (vUnit.z - range.x) / max(range.y - range.x, 1e-9);
  vec3 colour = colouring == 2 ? solid : mapColour(colouring == 1 ? vExtra.y : height);
  if (onFloor > 0.5) {
    colour = mix(colour, background, 0.45);
    lines *= 0.5;
  } else {
    vec3 n = dot(vNormal, vNormal) > 1e-12 ? normalize(vNormal) : towardsLight;
    n = dot(n, towardsEye) < 0.0 ? -n : n;
    float light = clamp(dot(n, towardsLight), 0.0, 1.0);
    colour *= mix(1.0, 0.42 + 0.68 * light, shading);
  }
  float line = lines * lineColour.a;
  float alpha = line + (1.0 - line) * opacity;
  colour = mix(colour * opacity, lineColour.rgb, line) / max(alpha, 1e-6);
  inside = clamp(inside, 0.0, 1.0);
  colourOut = blended > 0.5 ? vec4(colour, alpha * inside) : vec4(colour, inside);
}`;

// The position is divided by w, so that distances in pixels are interpolated on the screen.
const LINES_VERTEX = `${FRAME}
uniform float widthPt;
uniform float bias;
uniform float group;
layout(location = 0) in vec3 start;
layout(location = 1) in vec3 end;
layout(location = 2) in vec2 valuesOf;
layout(location = 3) in float stepOf;
out vec2 at; flat out float lengthInPixel; flat out float radius; flat out vec2 values;
vec2 partInBox(vec3 from, vec3 to) {
  vec2 part = vec2(0.0, 1.0);
  for (int axis = 0; axis < 3; axis++) {
    float span = to[axis] - from[axis];
    float low = -TOLERANCE - from[axis];
    float high = 1.0 + TOLERANCE - from[axis];
    if (abs(span) < 1e-12) {
      if (low > 0.0 || high < 0.0) return vec2(1.0, 0.0);
      continue;
    }
    vec2 shares = vec2(low, high) / span;
    part = vec2(max(part.x, min(shares.x, shares.y)), min(part.y, max(shares.x, shares.y)));
  }
  return part;
}
void main() {
  vec2 part = isInBox(start) && isInBox(end) ? vec2(0.0, 1.0) : partInBox(start, end);
  if (part.x >= part.y || isHidden(group, stepOf)) {
    gl_Position = NOWHERE;
    return;
  }
  vec4 a = clipFromUnit * vec4(mix(start, end, part.x), 1.0);
  vec4 b = clipFromUnit * vec4(mix(start, end, part.y), 1.0);
  vec2 from = a.xy / a.w * 0.5 * sizeInPixel;
  vec2 span = b.xy / b.w * 0.5 * sizeInPixel - from;
  lengthInPixel = length(span);
  vec2 along = lengthInPixel > 1e-6 ? span / lengthInPixel : vec2(1.0, 0.0);
  radius = max(widthPt * pixelPerPoint, 1.0) * 0.5;
  float reach = radius + 0.5;
  int corner = gl_VertexID;
  bool atEnd = corner == 1 || corner == 2 || corner == 4;
  bool onLeft = corner == 2 || corner == 4 || corner == 5;
  at = vec2(atEnd ? lengthInPixel + reach : -reach, onLeft ? reach : -reach);
  vec4 base = atEnd ? b : a;
  vec2 pixel = from + along * at.x + vec2(-along.y, along.x) * at.y;
  vec4 clip = placed(base, bias);
  gl_Position = vec4(pixel / (0.5 * sizeInPixel), clip.z / clip.w, 1.0);
  values = mix(valuesOf.xx, valuesOf.yy, part);
}`;

const LINES_FRAGMENT = `${FRAME}
${MAP}
uniform vec3 solid;
in vec2 at; flat in float lengthInPixel; flat in float radius; flat in vec2 values;
void main() {
  float beyond = at.x - clamp(at.x, 0.0, lengthInPixel);
  float coverage = radius + 0.5 - length(vec2(beyond, at.y));
  if (coverage <= 0.0) discard;
  float along = clamp(at.x / max(lengthInPixel, 1e-6), 0.0, 1.0);
  vec3 colour = map >= 0 ? mapColour(mix(values.x, values.y, along)) : solid;
  colourOut = vec4(colour, asSeen(coverage, colour));
}`;

// Markers (colouring 0) and clouds (1: a map, 2: their own colours); `valueOf` is a value, or red, green, blue and group.
const POINTS_VERTEX = `${FRAME}
uniform vec2 diameters;
uniform float byMagnitude;
uniform float bias;
uniform float onFloor;
uniform float floorHeight;
uniform int colouring;
uniform float group;
layout(location = 0) in vec3 position;
layout(location = 1) in vec4 valueOf;
layout(location = 2) in float stepOf;
flat out float radius; flat out vec4 value;
void main() {
  float ofGroup = colouring == 2 ? valueOf.w : group;
  vec3 at = vec3(position.xy, mix(position.z, floorHeight, onFloor));
  float magnitude = abs(valueOf.x - 0.5) * 2.0;
  float share = colouring == 2 ? 0.0 : byMagnitude > 0.5 ? magnitude * magnitude : valueOf.x;
  float diameter = sqrt(mix(diameters.x * diameters.x, diameters.y * diameters.y, share));
  radius = max(diameter * pixelPerPoint, 1.0) * 0.5;
  gl_PointSize = 2.0 * radius + 1.0;
  gl_Position = !isInBox(position) || isHidden(ofGroup, stepOf) ? NOWHERE : placed(clipFromUnit * vec4(at, 1.0), bias);
  value = valueOf;
}`;

const POINTS_FRAGMENT = `${FRAME}
${MAP}
uniform int colouring;
uniform float onFloor;
uniform vec3 solid;
uniform vec4 outline;
uniform float outlinePt;
uniform float opacity;
uniform float blended;
flat in float radius; flat in vec4 value;
vec3 linear(vec3 c) { return mix(pow((c + 0.055) / 1.055, vec3(2.4)), c / 12.92, lessThanEqual(c, vec3(0.04045))); }
void main() {
  float distance = length(gl_PointCoord - 0.5) * (2.0 * radius + 1.0);
  float coverage = clamp(radius + 0.5 - distance, 0.0, 1.0);
  if (coverage <= 0.0) discard;
  vec3 colour;
  if (colouring == 0) {
    float ring = clamp(distance - (radius - outlinePt * pixelPerPoint) + 0.5, 0.0, 1.0) * outline.a;
    colour = mix(solid, outline.rgb, ring);
  } else {
    colour = colouring == 2 ? linear(value.rgb) : mapColour(value.x);
    float rim = clamp(distance - radius + 0.22 * radius + 0.5, 0.0, 1.0);
    float darker = radius > 2.5 ? 0.45 * rim : 0.0;
    colour = onFloor > 0.5 ? mix(colour, background, 0.4) : colour * (1.0 - darker);
  }
  coverage = asSeen(coverage, colour);
  colourOut = vec4(colour, blended > 0.5 ? coverage * opacity : coverage);
}`;

const WALLS_VERTEX = `${FRAME}
layout(location = 0) in vec3 position;
void main() { gl_Position = placed(clipFromUnit * vec4(position, 1.0), 0.0); }`;
const WALLS_FRAGMENT = `#version 300 es
precision highp float;
uniform vec3 solid;
out vec4 colourOut;
void main() { colourOut = vec4(solid, 1.0); }`;

// Encodes the resolved picture for the canvas.
const PRESENT_VERTEX = `#version 300 es
void main() { gl_Position = vec4(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0, 0.0, 1.0); }`;
const PRESENT_FRAGMENT = `#version 300 es
precision highp float;
uniform sampler2D picture;
out vec4 colourOut;
void main() {
  vec3 c = texelFetch(picture, ivec2(gl_FragCoord.xy), 0).rgb;
  colourOut = vec4(mix(1.055 * pow(c, vec3(1.0 / 2.4)) - 0.055, c * 12.92, lessThanEqual(c, vec3(0.0031308))), 1.0);
}`;
