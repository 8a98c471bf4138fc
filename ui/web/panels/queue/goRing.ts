/** A call is felt and heard, where the phone can and its owner has touched the page. */
const BUZZ_MS = [400, 150, 400, 150, 400];
const TONES_HZ = [660, 880, 660, 880];
const TONE_S = 0.28;
const LOUDNESS = 0.25;

let sound: AudioContext | null = null;
let awake: { release: () => Promise<void> } | null = null;

export const canRing = (): boolean => 'AudioContext' in globalThis;
export const ringsNow = (): boolean => sound !== null;

/** Only a touch may switch sound on; it answers with a tone, so that one knows how loud the phone is. */
export function ringOn(): void {
  sound = new AudioContext();
  play(sound, TONES_HZ.slice(0, 2));
  // A dark screen hears nothing: it stays lit while waiting, where the phone allows it.
  if ('wakeLock' in navigator) navigator.wakeLock.request('screen').then((lock) => { awake = lock; }, () => { awake = null; });
}

export function ringOff(): void {
  void sound?.close();
  sound = null;
  void awake?.release();
  awake = null;
}

export function ringCall(): void {
  if ('vibrate' in navigator && navigator.userActivation.hasBeenActive) navigator.vibrate(BUZZ_MS);
  if (sound) play(sound, TONES_HZ);
}

function play(context: AudioContext, tones: readonly number[]): void {
  tones.forEach((tone, n) => {
    const from = context.currentTime + n * TONE_S;
    const voice = context.createOscillator();
    const gain = context.createGain();
    voice.frequency.value = tone;
    gain.gain.setValueAtTime(LOUDNESS, from);
    gain.gain.exponentialRampToValueAtTime(0.001, from + TONE_S);
    voice.connect(gain).connect(context.destination);
    voice.start(from);
    voice.stop(from + TONE_S);
  });
}
