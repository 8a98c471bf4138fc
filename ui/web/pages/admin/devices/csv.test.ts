import { describe, expect, it } from 'vitest';
import { csvOf } from './csv';

describe('csvOf', () => {
  it('quotes what would break a row', () => {
    expect(csvOf([['a', 'b,c', 'say "x"', 'two\nlines', 7, null]])).toBe('a,"b,c","say ""x""","two\nlines",7,\r\n');
  });
  it('lets no device write a formula into a table', () => {
    expect(csvOf([['=1+1', '-2', '@x', '+3', 'A-1']])).toBe("'=1+1,'-2,'@x,'+3,A-1\r\n");
  });
});
