import { describe, expect, it } from 'vitest';
import {
  addPoint,
  drawnFeatures,
  finish,
  readCorners,
  readPlace,
  writeCorners,
} from '../src/draw.ts';
import { distance } from '../src/geodesic.ts';
import type { Position } from '../src/types.ts';

const izmail: Position = [28.8372, 45.3512];

describe('a drawn figure', () => {
  it('is a circle after its center and any place on its rim', () => {
    const first = addPoint('circle', [], izmail);
    expect(first).toEqual({ kind: 'points', points: [izmail] });
    const rim: Position = [28.9, 45.4];
    const second = addPoint('circle', [izmail], rim);
    if (second.kind !== 'circle') throw new Error(second.kind);
    expect(second.circle.center).toEqual(izmail);
    expect(second.circle.km * 1000).toBeCloseTo(distance(izmail, rim), -2);
  });

  it('is no circle when the same place is given twice', () => {
    expect(addPoint('circle', [izmail], izmail)).toEqual({ kind: 'points', points: [izmail] });
  });

  it('is an area from three corners on', () => {
    const two = [izmail, [29, 45]] as Position[];
    expect(finish(two)).toBeNull();
    expect(finish([...two, [29, 46]])).toHaveLength(3);
  });

  it('is closed when it is drawn, and shows the corners of what is not finished', () => {
    const area: Position[] = [izmail, [29, 45], [29, 46]];
    const roles = (state: Parameters<typeof drawnFeatures>[0], points: Position[]) =>
      drawnFeatures(state, points).features.map((feature) => feature.properties?.role);
    expect(roles({ area, circle: null }, [])).toEqual(['figure']);
    expect(roles({ area: [], circle: null }, area)).toEqual(['edge', 'corner', 'corner', 'corner']);
    const [figure] = drawnFeatures({ area, circle: null }, []).features;
    const ring = figure?.geometry.type === 'Polygon' ? figure.geometry.coordinates[0] : [];
    expect(ring?.[0]).toEqual(ring?.at(-1));
  });
});

describe('typed places', () => {
  it('are read longitude first, apart by blanks, commas or semicolons', () => {
    for (const text of ['28.84 45.35', '28.84, 45.35', ' 28.84;45.35 ']) {
      expect(readPlace(text)).toEqual([28.84, 45.35]);
    }
    for (const text of ['', '28.84', '28.84 95', '1 2 3', 'a b', '181 0']) {
      expect(readPlace(text)).toBeNull();
    }
  });

  it('name the line that cannot be read', () => {
    expect(readCorners('28 45\n\n30 45\n30 north')).toBe(4);
    const corners = readCorners('28 45\n30 45\n30 46\n');
    expect(corners).toHaveLength(3);
    expect(readCorners(writeCorners(corners as Position[]))).toEqual(corners);
  });
});
