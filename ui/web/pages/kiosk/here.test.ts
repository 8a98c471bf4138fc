import { describe, expect, it } from 'vitest';
import type { SceneFloor } from '@/shared/api/types';
import { findHere, groundFloor } from './here';

describe('where a kiosk stands', () => {
  const scene = {
    pois: [{ id: 's:poi:POI-02', kind: 'tickets', name: { zh: '取号机' }, floor: '1F', at: [3, 4] as [number, number] }],
    windows: [], spaces: [],
  };
  it('is found by key and by name, and OUT is nowhere in the hall', () => {
    expect(findHere(scene, 'POI-02')).toEqual({ floor: '1F', at: [3, 4], name: { zh: '取号机' } });
    expect(findHere(scene, '取号机')?.floor).toBe('1F');
    expect(findHere(scene, 'OUT')).toBeNull();
  });
  it('is level with the street when nothing better is known', () => {
    const floors = [{ id: 'B1', elevation_m: -4.5 }, { id: '1F', elevation_m: 0 }, { id: '2F', elevation_m: 4.8 }] as unknown as SceneFloor[];
    expect(groundFloor(floors)?.id).toBe('1F');
  });
});
