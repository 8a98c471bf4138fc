import { describe, expect, it } from 'vitest';
import { addressWith, momentInAddress } from './address';

describe('the moment in the address', () => {
  it('comes back from the address it was put in, and leaves the rest alone', () => {
    const made = addressWith('http://hall/ops/?lang=en#v=single&f=1F', 1_795_315_320_000.4);
    expect(made).toBe('/ops/?lang=en&at=1795315320000#v=single&f=1F');
    expect(momentInAddress(new URL(made, 'http://hall').search)).toBe(1_795_315_320_000);
    expect(addressWith(`http://hall${made}`, null)).toBe('/ops/?lang=en#v=single&f=1F');
  });
  it('is none where it is no moment', () => {
    for (const search of ['', '?at=', '?at=-5', '?at=yesterday', '?at=1e99', '?at=99999999999999999999']) expect(momentInAddress(search)).toBeNull();
  });
});
