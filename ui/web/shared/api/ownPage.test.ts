import { describe, expect, it } from 'vitest';
import { ownPage } from './ownPage';

const ELSEWHERE = [
  '//evil.example', '/\\evil.example', '/\t/evil.example', '/\n/evil.example', '/\r\n\\evil.example', '\\\\evil.example', '/\t\\evil.example',
  'https://evil.example', 'https:evil.example', ' //evil.example', ['javascript', 'alert(1)'].join(':'), 'data:text/html,x', '///evil.example', '//[', '', 'ops/', '//user@evil.example/',
];

describe('an address that leads on', () => {
  it.each(ELSEWHERE)('is not followed to %j', (address) => { expect(ownPage(address)).toBeNull(); });
  it('is followed within this hall, and is left as it is', () => {
    for (const address of ['/', '/ops/?at=1#v=single', '/go/#/route?to=javascript:alert(1)', '/.//evil.example', '/login/?next=//evil.example']) {
      expect(ownPage(address)).toBe(address);
      expect(new URL(address, 'https://hall.example/login/').host).toBe('hall.example');
    }
  });
});
