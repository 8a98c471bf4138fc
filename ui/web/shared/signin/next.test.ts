import { describe, expect, it } from 'vitest';
import { safeNext } from './next';

describe('where a sign-in leads', () => {
  it('goes back to the page of this hall one came from', () => {
    expect(safeNext('/alert/?lang=en', { roles: ['manager'] })).toBe('/alert/?lang=en');
  });
  it('leads each role to its own page', () => {
    const pages = { clerk: '/desk/', security: '/alert/', manager: '/ops/', leader: '/ops/', security_admin: '/admin/', audit_admin: '/admin/', citizen: '/go/', enterprise: '/go/' };
    for (const [role, page] of Object.entries(pages)) expect(safeNext(null, { roles: [role] }), role).toBe(page);
  });
  it('never to another host', () => {
    for (const next of ['//evil.example', 'https://evil.example', '/\\evil.example', '/\t/evil.example', null]) expect(safeNext(next, { roles: ['clerk'] })).toBe('/desk/');
  });
});
