import { describe, expect, it } from 'vitest';
import { moved, partOfLeg, STILL, zoomed } from './goView';

const part = { left: 10, top: 30, width: 20, height: 10 };
const middle = (p: typeof part) => [p.left + p.width / 2, p.top - p.height / 2];

describe('the part of a plan that is looked at', () => {
  it('keeps its middle when nearer, and moves by metres', () => {
    expect(moved(part, STILL)).toEqual(part);
    expect(middle(moved(part, { x_m: 0, y_m: 0, zoom: 2 }))).toEqual(middle(part));
    expect(middle(moved(part, { x_m: 3, y_m: -2, zoom: 1 }))).toEqual([23, 23]);
  });

  it('never comes so near or goes so far that nothing is known again', () => {
    let by = STILL;
    for (let n = 0; n < 20; n++) by = zoomed(by, 2);
    expect(by.zoom).toBeLessThanOrEqual(4);
    for (let n = 0; n < 40; n++) by = zoomed(by, 0.5);
    expect(by.zoom).toBeGreaterThan(0.1);
  });

  it('shows a short leg whole, and the beginning of a long one', () => {
    expect(partOfLeg([])).toBeUndefined();
    const short = partOfLeg([[0, 0], [5, 0]]);
    expect(short && short.left < 0 && short.left + short.width > 5).toBe(true);
    const long = partOfLeg([[0, 0], [80, 0]]);
    expect(long && long.left < 0 && long.width < 40).toBe(true);
  });
});
