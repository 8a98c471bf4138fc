import { describe, expect, it } from 'vitest';
import { imageOf, toBytes, toText } from './passkeys';

describe('bytes on their way as text', () => {
  it('come back as they went, without padding and safe in addresses', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, n) => n);
    expect(toText(bytes.buffer)).not.toMatch(/[+/=]/);
    expect([...toBytes(toText(bytes.buffer))]).toEqual([...bytes]);
    expect(toText(Uint8Array.of(251, 255).buffer)).toBe('-_8');
  });
  it('an image of an SVG keeps no character that could end it', () => {
    expect(imageOf('<svg a="#1">')).toBe('data:image/svg+xml,%3Csvg%20a%3D%22%231%22%3E');
  });
});
