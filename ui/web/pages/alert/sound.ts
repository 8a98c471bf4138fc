/** One short tone for a new alarm, made by the browser; twice for priority 1. Silent until somebody has turned sound on. */
const TONE_HZ = 740;
const TONE_S = 0.18;
let audio: AudioContext | null = null;

/** Must be called from a click: browsers allow sound only then. */
export function allowSound(): void {
  audio ??= new AudioContext();
  void audio.resume();
}

export function chime(times: number): void {
  if (!audio) return;
  for (let i = 0; i < times; i++) {
    const at = audio.currentTime + i * TONE_S * 1.8;
    const tone = audio.createOscillator();
    const level = audio.createGain();
    tone.frequency.value = TONE_HZ;
    level.gain.setValueAtTime(0.0001, at);
    level.gain.exponentialRampToValueAtTime(0.25, at + 0.02);
    level.gain.exponentialRampToValueAtTime(0.0001, at + TONE_S);
    tone.connect(level).connect(audio.destination);
    tone.start(at);
    tone.stop(at + TONE_S);
  }
}
