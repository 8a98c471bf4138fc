/** Passkeys: the browser speaks in bytes, the hall in JSON. */
import type { components } from '@/shared/api/schema';

type Options = components['schemas']['PasskeyQuestionOut']['options'];
interface Named { id: string; type: 'public-key' }

/** Browsers know passkeys at addresses with a name only, over HTTPS or on localhost. */
export function passkeysWork(): boolean {
  return 'PublicKeyCredential' in window && !/^[\d.]+$|:/.test(location.hostname);
}

export function toBytes(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

export function toText(bytes: ArrayBuffer): string {
  const letters = Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join('');
  return btoa(letters).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

const named = (list: unknown) => ((list ?? []) as Named[]).map(({ id, type }) => ({ id: toBytes(id), type }));

/** Null: the person thought better of it. */
async function ask(asked: Promise<Credential | null>): Promise<PublicKeyCredential | null> {
  try {
    return (await asked) as PublicKeyCredential | null;
  } catch (reason) {
    if (reason instanceof DOMException && ['NotAllowedError', 'AbortError', 'InvalidStateError'].includes(reason.name)) return null;
    throw reason;
  }
}

export async function makePasskey(options: Options): Promise<object | null> {
  const asked = options as unknown as PublicKeyCredentialCreationOptions & { challenge: string; user: { id: string }; excludeCredentials?: unknown };
  const made = await ask(navigator.credentials.create({
    publicKey: {
      ...asked,
      challenge: toBytes(asked.challenge as unknown as string),
      user: { ...asked.user, id: toBytes(asked.user.id as unknown as string) },
      excludeCredentials: named(asked.excludeCredentials),
    },
  }));
  if (!made) return null;
  const response = made.response as AuthenticatorAttestationResponse;
  return {
    id: made.id, rawId: toText(made.rawId), type: made.type,
    response: { clientDataJSON: toText(response.clientDataJSON), attestationObject: toText(response.attestationObject) },
  };
}

export async function showPasskey(options: Options): Promise<object | null> {
  const asked = options as unknown as PublicKeyCredentialRequestOptions & { challenge: string; allowCredentials?: unknown };
  const found = await ask(navigator.credentials.get({
    publicKey: { ...asked, challenge: toBytes(asked.challenge as unknown as string), allowCredentials: named(asked.allowCredentials) },
  }));
  if (!found) return null;
  const response = found.response as AuthenticatorAssertionResponse;
  return {
    id: found.id, rawId: toText(found.rawId), type: found.type,
    response: {
      clientDataJSON: toText(response.clientDataJSON),
      authenticatorData: toText(response.authenticatorData),
      signature: toText(response.signature),
      userHandle: response.userHandle ? toText(response.userHandle) : null,
    },
  };
}

/** An SVG of the hall's own, as an image: nothing in it can run. */
export function imageOf(svg: string): string {
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
