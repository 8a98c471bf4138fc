import { describe, expect, it } from 'vitest';
import { deviceLink, formatAddress, parseAddress, USUAL, type DevicesAddress } from './address';

describe('the address of the devices page', () => {
  it('brings back what it was made from', () => {
    const wanted: DevicesAddress = { tab: 'connectors', q: '温 wsd', kind: 'camera', floor: 'B1', state: 'stale', losing: true, drifting: true, bare: true, sort: 'missing', down: true, page: 3, device: 'CAM-1F-01', pane: 'access' };
    expect(parseAddress(formatAddress(wanted))).toEqual(wanted);
  });
  it('says nothing of what is as usual, and leaves alone what is not its own', () => {
    expect(formatAddress(USUAL)).toBe('');
    expect(formatAddress({ ...USUAL, q: 'ups' }, '?draft=7&q=old&page=2')).toBe('?draft=7&q=ups');
  });
  it('opens the usual list for an empty or broken address', () => {
    expect(parseAddress('')).toEqual(USUAL);
    expect(parseAddress('?tab=nothing&state=well&page=-2&pane=x')).toEqual(USUAL);
    expect(parseAddress('?page=1.5').page).toBe(0);
  });
  it('names one device', () => {
    expect(deviceLink('A&B 1')).toBe('/admin/?device=A%26B+1#devices');
  });
});
