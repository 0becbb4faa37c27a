// The only file that touches MapLibre, and the only one where a longitude is called `lng` to please it.
// It draws what it is told and reports what the reader did; it knows nothing of filters or addresses.

import './map.css';
import {
  addProtocol,
  type GeoJSONSource,
  type MapGeoJSONFeature,
  Map as MapLibre,
  type MapMouseEvent,
  type Point,
  ScaleControl,
  setWorkerUrl,
  type VectorTileSource,
} from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';
import type { Protocol } from 'pmtiles';
import { type Grid, zoomsOf } from './band.ts';
import {
  BAND_LAYERS,
  imageNames,
  mapStyle,
  type Naming,
  NO_BAND,
  type Sources,
  THEMES,
} from './layers.ts';
import type { EventType, View } from './state.ts';
import { type Filling, paintSymbol, penFor } from './symbols.ts';
import type { Bounds, Position } from './types.ts';

setWorkerUrl(workerUrl);

/** What lies under a click or the pointer. */
export interface Hit {
  id: string;
  title: string;
}

interface MapEvents {
  /** The map came to rest. `quietly`: not worth a change of the address. */
  moved(view: View, bounds: Bounds, quietly: boolean): void;
  /** One or more incidents were clicked, the topmost first. */
  picked(hits: Hit[]): void;
  /** Any place was clicked, or Enter pressed for the middle, while a tool is in hand. */
  pointed(place: Position): void;
  /** The pointer is over an incident at this pixel, or over none. */
  hovered(hit: Hit | null, x: number, y: number): void;
  /** Everything in sight was asked for; `whole` is false when some of it did not come. */
  loaded(whole: boolean): void;
}

export interface MapOptions {
  container: HTMLElement;
  theme: 'light' | 'dark';
  sources: Sources;
  /** Files that are asked for once the first picture stands: what they show is not what the reader waits for. */
  later: Pick<Sources, 'ground' | 'borderRivers' | 'places'>;
  naming: Naming;
  view: View | null;
  events: MapEvents;
  reducedMotion: boolean;
}

const START: View = { center: [24, 47.5], zoom: 4.2 };
/** How far from a sign a click still means it, in pixels: more for a finger. */
const REACH_MOUSE = 4;
const REACH_FINGER = 14;

export type IncidentMap = ReturnType<typeof createMap>;

/** A source of tiles may be a PMTiles file; what reads one is loaded when the first is asked for, by whichever map. */
let reader: Promise<Protocol> | undefined;
addProtocol('pmtiles', async (request, abort) => {
  reader ??= import('pmtiles').then((read) => new read.Protocol());
  return (await reader).tile(request, abort);
});

/** Throws when the browser has no WebGL 2. */
export function createMap(options: MapOptions) {
  const { container, events, reducedMotion } = options;
  const shown = { theme: options.theme, sources: options.sources, naming: options.naming };
  const start = options.view ?? START;
  let hasTool = false;
  let quiet = false;
  let failed = false;

  const map = new MapLibre({
    container,
    style: mapStyle(THEMES[shown.theme], shown.sources, shown.naming),
    center: [start.center[0], start.center[1]],
    zoom: start.zoom,
    minZoom: 1,
    maxZoom: 18,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    fadeDuration: reducedMotion ? 0 : 150,
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new ScaleControl({ maxWidth: 120, unit: 'metric' }), 'bottom-left');

  map.setMissingStyleImageResolver((name) => addImage(map, name, shown.theme));
  // For those who look at the page by program, and for tests: whether all of it is drawn. Asked again now
  // and then, because a request that is given up is followed by no event.
  let settling: ReturnType<typeof setTimeout> | undefined;
  function busy(): void {
    clearTimeout(settling);
    const isBusy = !map.loaded() || map.isMoving();
    container.setAttribute('aria-busy', String(isBusy));
    if (isBusy) settling = setTimeout(busy, 250);
  }
  container.setAttribute('aria-busy', 'true');
  map.on('dataloading', busy);
  map.on('idle', busy);
  map.on('remove', () => clearTimeout(settling));
  map.on('movestart', () => {
    failed = false;
    busy();
  });
  // Without a listener MapLibre writes to the console, which no reader looks at.
  map.on('error', () => {
    failed = true;
    events.loaded(false);
  });
  map.on('idle', () => events.loaded(!failed));
  const stopPacing = pace(map);
  map.once('idle', async () => {
    const { borderRivers, ground, places } = options.later;
    shown.sources = { ...shown.sources, ...options.later };
    // One after the other, so that none keeps the page waiting for long.
    for (const [name, data] of Object.entries({ 'border-rivers': borderRivers, places, ground }))
      await map.getSource<GeoJSONSource>(name)?.setData(data);
    map.once('idle', stopPacing);
  });
  let told = viewOf(map);
  map.on('moveend', () => {
    // One that is hidden, as on paper, has no size, and MapLibre takes another for it: its bounds are nobody's.
    if (!container.clientWidth) return;
    const view = viewOf(map);
    // A map that only gets another size is where it was.
    const isStill = isSameView(view, told);
    told = view;
    events.moved(view, boundsOfMap(map), quiet || isStill);
  });
  map.on('click', (event) => clicked(event));
  map.on('mousemove', (event) => {
    const [top] = hasTool ? [] : featuresAt(map, event.point, REACH_MOUSE);
    map.getCanvas().style.cursor = hasTool ? 'crosshair' : top ? 'pointer' : '';
    events.hovered(top && !isCluster(top) ? hitOf(top) : null, event.point.x, event.point.y);
  });
  map.on('mouseout', () => events.hovered(null, 0, 0));
  map.getCanvas().addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && hasTool) events.pointed(centerOf(map));
  });

  function clicked(event: MapMouseEvent): void {
    if (hasTool) {
      events.pointed([event.lngLat.wrap().lng, event.lngLat.lat]);
      return;
    }
    const finger = matchMedia('(pointer: coarse)').matches;
    const found = featuresAt(map, event.point, finger ? REACH_FINGER : REACH_MOUSE);
    const [top] = found;
    if (!top) return;
    if (isCluster(top)) {
      const { geometry } = top;
      const center = geometry.type === 'Point' ? geometry.coordinates : event.lngLat.toArray();
      move({ center: center as [number, number], zoom: Math.min(map.getZoom() + 2.2, 16) });
      return;
    }
    const hits = found.filter((feature) => !isCluster(feature)).map(hitOf);
    events.picked(hits.filter((hit, index) => hits.findIndex(({ id }) => id === hit.id) === index));
  }

  function move(to: { center?: [number, number]; zoom?: number }): void {
    if (reducedMotion) map.jumpTo(to);
    else map.easeTo({ ...to, duration: 450 });
  }

  // A style that is still loading has nothing to compare the new one with.
  let styled = false;
  map.on('style.load', () => {
    styled = true;
  });

  function restyle(): void {
    map.setStyle(mapStyle(THEMES[shown.theme], shown.sources, shown.naming), { diff: styled });
  }

  function showBandAt(bandZooms: Sources['bandZooms']): void {
    shown.sources = { ...shown.sources, bandZooms };
    for (const layer of BAND_LAYERS) {
      if (map.getLayer(layer)) map.setLayerZoomRange(layer, ...bandZooms);
    }
  }

  return {
    setTheme(theme: 'light' | 'dark'): void {
      shown.theme = theme;
      for (const name of [...imageNames(), 'place-dot'])
        if (map.hasImage(name)) map.removeImage(name);
      restyle();
    },
    setNaming(naming: Naming): void {
      shown.naming = naming;
      restyle();
    },
    setIncidents(tiles: string): void {
      if (tiles === shown.sources.incidents) return;
      shown.sources = { ...shown.sources, incidents: tiles };
      const source = map.getSource<VectorTileSource>('incidents');
      if (source) source.setTiles([tiles]);
      else restyle();
    },
    /** Asks for the incidents' tiles again: what is in them has changed. */
    reloadIncidents(): void {
      map.getSource<VectorTileSource>('incidents')?.setTiles([shown.sources.incidents]);
    },
    setLabelFrom(labelFrom: number): void {
      if (labelFrom === shown.sources.labelFrom) return;
      shown.sources = { ...shown.sources, labelFrom };
      restyle();
    },
    /** What was measured: features with a `role`, as `measured.ts` makes them. */
    setMeasured(measured: GeoJSON.FeatureCollection): void {
      shown.sources = { ...shown.sources, measured };
      map.getSource<GeoJSONSource>('measured')?.setData(measured);
    },
    /** Figures that were drawn, as `draw.ts` makes them. */
    setDrawn(drawn: GeoJSON.FeatureCollection): void {
      shown.sources = { ...shown.sources, drawn };
      map.getSource<GeoJSONSource>('drawn')?.setData(drawn);
    },
    /**
     * The band within so many kilometers, as `band.ts` cuts it, measured for `zoom`; it is out of sight where it is too
     * coarse to be looked at. Resolves once it has taken the place of the one before.
     */
    async setBand(band: GeoJSON.FeatureCollection, zoom: number): Promise<void> {
      const bandZooms = zoomsOf(zoom);
      shown.sources = { ...shown.sources, band };
      // The zooms of the new one are not for the old one, which stays until the new one is cut into tiles.
      await map.getSource<GeoJSONSource>('band')?.setData(band);
      if (shown.sources.band === band) showBandAt(bandZooms);
    },
    clearBand(): void {
      const { band, bandZooms } = NO_BAND;
      shown.sources = { ...shown.sources, band };
      showBandAt(bandZooms);
      map.getSource<GeoJSONSource>('band')?.setData(band);
    },
    setTool(inHand: boolean): void {
      hasTool = inHand;
      map.getCanvas().style.cursor = inHand ? 'crosshair' : '';
      // Two quick corners are not a wish to come nearer.
      if (inHand) map.doubleClickZoom.disable();
      else map.doubleClickZoom.enable();
    },
    /** A grid over the map and a little beyond; longitudes may run past ±180. */
    grid(spacing: number): Grid {
      const { clientWidth, clientHeight } = container;
      const places: Position[] = [];
      const columns = Math.ceil(clientWidth / spacing) + 3;
      const rows = Math.ceil(clientHeight / spacing) + 3;
      for (let row = -1; row < rows - 1; row++) {
        for (let column = -1; column < columns - 1; column++) {
          const { lng, lat } = map.unproject([column * spacing, row * spacing]);
          places.push([lng, lat]);
        }
      }
      return { columns, places };
    },
    metersPerPixel(): number {
      const { lat } = map.getCenter();
      return (40_075_017 * Math.cos((lat * Math.PI) / 180)) / (512 * 2 ** map.getZoom());
    },
    setLabel(label: string): void {
      map.getCanvas().setAttribute('aria-label', label);
    },
    zoomBy(steps: number): void {
      move({ zoom: map.getZoom() + steps });
    },
    /** Shows a box, without the reader's address being changed by it when `quietly`. */
    show(bounds: Bounds, maxZoom: number, quietly = false): void {
      // Without animation the map comes to rest before `fitBounds` returns.
      quiet = quietly;
      const { clientWidth, clientHeight } = container;
      const room = Math.min(clientWidth, clientHeight);
      map.fitBounds([bounds[0], bounds[1], bounds[2], bounds[3]], {
        padding: Math.min(80, Math.round(room / 8)),
        maxZoom,
        animate: !quietly && !reducedMotion,
        duration: 600,
      });
      quiet = false;
    },
    jumpTo(view: View): void {
      quiet = true;
      map.jumpTo({ center: [view.center[0], view.center[1]], zoom: view.zoom });
      quiet = false;
    },
    /** How far apart two places are on the screen, in pixels; infinite when one is out of sight. */
    pixelsBetween(a: Position, b: Position): number {
      const [from, to] = [map.project([a[0], a[1]]), map.project([b[0], b[1]])];
      const { clientWidth, clientHeight } = container;
      const inside = (p: Point) =>
        p.x >= 0 && p.y >= 0 && p.x <= clientWidth && p.y <= clientHeight;
      return inside(from) && inside(to) ? from.dist(to) : Number.POSITIVE_INFINITY;
    },
    view: (): View => viewOf(map),
    center: (): Position => centerOf(map),
    bounds: (): Bounds => boundsOfMap(map),
    /** Where a place is in the container, in pixels from its top left; the copy of the world that is in the middle. */
    project(place: Position): [x: number, y: number] {
      const lng = place[0] + 360 * Math.round((map.getCenter().lng - place[0]) / 360);
      const { x, y } = map.project([lng, place[1]]);
      return [x, y];
    },
    unproject(x: number, y: number): Position {
      const { lng, lat } = map.unproject([x, y]).wrap();
      return [lng, lat];
    },
    /** Calls `act` whenever places move on the screen, until the function it gives is called. */
    onMove(act: () => void): () => void {
      map.on('move', act);
      return () => {
        map.off('move', act);
      };
    },
    focus(): void {
      map.getCanvas().focus();
    },
    resize(): void {
      map.resize();
    },
    remove(): void {
      map.remove();
    },
  };
}

/**
 * Draws no frame while the one before is still being drawn, until the function it gives is called. What a frame is the first
 * to need, a shader most of all, the page waits for, and then also for all that was asked of the graphics card before: where
 * software stands for one, the page would stand still for most of a second.
 */
function pace(map: MapLibre): () => void {
  // The very context that the map draws with.
  const gl = map.getCanvas().getContext('webgl2') as WebGL2RenderingContext;
  const repaint = map.triggerRepaint;
  let isDrawing = false;
  let isWanted = false;
  map.triggerRepaint = () => {
    if (isDrawing) isWanted = true;
    else repaint.call(map);
  };
  function look(fence: WebGLSync, until: number): void {
    const isPending = gl.getSyncParameter(fence, gl.SYNC_STATUS) === gl.UNSIGNALED;
    if (isPending && performance.now() < until) {
      setTimeout(() => look(fence, until), 4);
      return;
    }
    gl.deleteSync(fence);
    // A card that never says that it is done must not leave the map empty.
    if (isPending) stop();
    isDrawing = false;
    if (isWanted) repaint.call(map);
    isWanted = false;
  }
  function mark(): void {
    const fence = isDrawing ? null : gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    if (!fence) return;
    gl.flush();
    isDrawing = true;
    look(fence, performance.now() + 5_000);
  }
  function stop(): void {
    map.off('render', mark);
    map.triggerRepaint = repaint;
    if (isWanted) map.triggerRepaint();
  }
  // The first frame waits for the page itself to be drawn.
  mark();
  map.on('render', mark);
  return stop;
}

function featuresAt(map: MapLibre, point: Point, reach: number): MapGeoJSONFeature[] {
  if (!map.getLayer('incident')) return [];
  const exact = map.queryRenderedFeatures(point, { layers: ['incident', 'cluster'] });
  if (exact.length) return exact;
  return map.queryRenderedFeatures(
    [
      [point.x - reach, point.y - reach],
      [point.x + reach, point.y + reach],
    ],
    { layers: ['incident', 'cluster'] },
  );
}

function isCluster(feature: MapGeoJSONFeature): boolean {
  return feature.layer.id === 'cluster';
}

function hitOf(feature: MapGeoJSONFeature): Hit {
  return {
    id: String(feature.properties.id ?? feature.id ?? ''),
    title: String(feature.properties.title ?? ''),
  };
}

function addImage(map: MapLibre, name: string, theme: 'light' | 'dark'): void {
  const image = name === 'place-dot' ? paintDot(theme) : paintNamed(name, theme);
  if (image && !map.hasImage(name)) map.addImage(name, image, { pixelRatio: 2 });
}

function paintNamed(name: string, theme: 'light' | 'dark'): ImageData | null {
  if (!imageNames().includes(name)) return null;
  const [type, filling] = name.split('|') as [EventType, Filling];
  return paintSymbol(type, filling, theme, 52);
}

function paintDot(theme: 'light' | 'dark'): ImageData | null {
  const pen = penFor(12);
  if (!pen) return null;
  pen.beginPath();
  pen.arc(6, 6, 3.4, 0, 2 * Math.PI);
  pen.fillStyle = THEMES[theme].halo;
  pen.strokeStyle = THEMES[theme].placeDot;
  pen.lineWidth = 2;
  pen.fill();
  pen.stroke();
  return pen.getImageData(0, 0, 12, 12);
}

export function isSameView(a: View, b: View): boolean {
  return a.zoom === b.zoom && String(a.center) === String(b.center);
}

function viewOf(map: MapLibre): View {
  return { center: centerOf(map), zoom: map.getZoom() };
}

function centerOf(map: MapLibre): Position {
  const { lng, lat } = map.getCenter().wrap();
  return [lng, lat];
}

function boundsOfMap(map: MapLibre): Bounds {
  const bounds = map.getBounds();
  const [west, east] = [bounds.getWest(), bounds.getEast()];
  const south = Math.max(-90, bounds.getSouth());
  const north = Math.min(90, bounds.getNorth());
  if (east - west >= 360) return [-180, south, 180, north];
  return [wrap(west), south, wrap(east), north];
}

/** A longitude in -180 ..= 180. */
function wrap(lng: number): number {
  return lng - 360 * Math.round(lng / 360);
}
