import { describe, expect, it } from 'vitest';
import { formatLink, parseLink, type OpsLink } from './link';

describe('the address of a picture', () => {
  it('brings back what it was made from', () => {
    const link: OpsLink = { view: 'single', floor: '1F', chosen: 'UPS-2', layers: ['video', 'power'], camera: { azimuthDeg: -62, elevationDeg: 33.5, spanM: 40, target: [30.1, 20, 5.4] } };
    expect(parseLink(formatLink(link))).toEqual(link);
  });
  it('opens the usual view for an empty or broken address', () => {
    const usual = { view: 'exploded', floor: null, chosen: null, layers: null, camera: null };
    expect(parseLink('')).toEqual(usual);
    expect(parseLink('#v=nonsense&c=1_2_x')).toEqual(usual);
  });
});
