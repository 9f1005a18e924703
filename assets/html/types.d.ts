/** Kind (`i` integers, `d` doubles, `f` floats, `b` bytes), first byte, number of values. */
type Column = ['i' | 'd' | 'f' | 'b', number, number];
type Positions = [Column, Column, Column];
type Rect4 = [number, number, number, number];
type Vec3 = [number, number, number];
type Mat4 = Float32Array;

interface CameraState {
  azimuth: number;
  elevation: number;
  roll: number;
  orthographic: boolean;
  target: Vec3;
  scale: number;
  offset: [number, number];
}

interface Shape {
  kind: 'line' | 'fill' | 'dot' | 'ring' | 'panel' | 'ramp' | 'text';
  colour?: string;
  ends?: Rect4;
  rect?: Rect4;
  centre?: [number, number];
  at?: [number, number];
  width?: number;
  diameter?: number;
  radius?: number;
  border?: string;
  colours?: string[];
  angle?: number;
  size?: number;
  bold?: boolean;
  text?: string;
  halo?: boolean;
}

interface AxisData {
  title: string;
  names: boolean;
  ofCount: number[];
  ticks: [number, string, string][][];
}

interface FacetData {
  title: string;
  corners: [[number, number], [number, number]];
  axes: [AxisData, AxisData];
  labelled: [boolean, boolean];
}

interface SurfaceData {
  x: Column; y: Column; z: Column;
  support: Column | null;
  map: number;
  range: [number, number];
  shading: number;
  contours: [number, number] | null;
  wireframe: [number, number] | null;
  floor: boolean;
  opacity: number;
  lineColours: [[string, number], [string, number]][];
  columns: { x: number[]; steps: number[] } | null;
}

interface MeshData {
  positions: Positions;
  triangles: Column;
  values: Column | null;
  steps: Column | null;
  colouring: 'height' | 'values' | 'solid';
  colour: string;
  map: number;
  range: [number, number];
  shading: number;
  opacity: number;
  group: number;
}

interface LineData {
  positions: Positions;
  paths: Column;
  strips: Column;
  values: Column | null;
  steps: Column | null;
  colour: string;
  outline: string | null;
  width: number;
  map: number | null;
  group: number;
}

interface CloudData {
  positions: Positions;
  values: Column;
  groups: Column | null;
  steps: Column | null;
  map: number | null;
  diameters: [number, number];
  byMagnitude: boolean;
  floor: boolean;
  opacity: number;
  group: number;
}

interface MarkerData {
  positions: Positions;
  steps: Column | null;
  colour: string;
  outline: string | null;
  diameter: number;
  group: number;
}

interface BatchData {
  positions: Positions;
  steps: Column;
  names: string[];
  /** 0 marker, 1 point, 2 node of a surface: the lower takes precedence under the pointer. */
  rank: number;
  group: number;
  columns: (Column | { texts: Column; places: Column })[];
}

interface FigureData {
  title: string;
  caption: string;
  size: [number, number];
  font: number;
  grid: boolean;
  flat: boolean;
  boxAspect: Vec3;
  clip: Rect4;
  camera: CameraState;
  themeNames: [string, string];
  themes: [Record<string, string>, Record<string, string>];
  page: Shape[];
  callouts: Shape[];
  legend: { rect: Rect4; label: string }[];
  axes: [AxisData, AxisData, AxisData];
  facets: FacetData[];
  labels: { at: Vec3; text: string }[];
  advances: Record<string, [number, number]>;
  surfaces: SurfaceData[];
  meshes: MeshData[];
  lines: LineData[];
  clouds: CloudData[];
  markers: MarkerData[];
  maps: Column;
  lineSettings: { bias: number; outlineBias: number; outline: number };
  steps: Column;
  records: { batches: BatchData[]; omitted: number };
}

interface FrameLine {
  ends: [Vec3, Vec3];
  width: number;
  colour: string;
}

/** A choice of what is seen: theme (0 or 1), position among the steps, hidden entries of the legend as bits. */
interface ViewState {
  theme: number;
  step: number;
  hidden: number;
}
