/** Frames on demand: one is drawn when something asks for it, and more only while something moves. */

interface Movement {
  start: number;
  duration: number;
  step: (part: number) => void;
}
const ease = (t: number) => (t < 0.5 ? 4 * t * t * t : 1 - (-2 * t + 2) ** 3 / 2);

export class Loop {
  frames = 0;
  private pending = 0;
  private movement: Movement | null = null;
  private waiting: (() => void)[] = [];
  private readonly draw: (moving: boolean) => void;

  constructor(draw: (moving: boolean) => void) {
    this.draw = draw;
  }

  get moving(): boolean {
    return this.movement !== null;
  }

  invalidate(): void {
    if (this.pending === 0) this.pending = requestAnimationFrame(this.tick);
  }
  /** A movement takes the place of the one before it. */
  animate(duration: number, step: (part: number) => void): void {
    this.movement = { start: performance.now(), duration, step };
    this.invalidate();
  }
  halt(): void {
    this.movement = null;
  }
  /** Resolves when nothing is left to draw. */
  idle(): Promise<void> {
    if (this.pending === 0) return Promise.resolve();
    return new Promise((done) => this.waiting.push(done));
  }
  stop(): void {
    cancelAnimationFrame(this.pending);
    for (const done of this.waiting.splice(0)) done();
  }

  private readonly tick = (now: number): void => {
    this.pending = 0;
    const { movement } = this;
    if (movement) {
      const part = movement.duration <= 0 ? 1 : Math.min(1, Math.max(0, (now - movement.start) / movement.duration));
      movement.step(ease(part));
      if (part >= 1 && this.movement === movement) this.movement = null;
    }
    this.draw(this.moving);
    this.frames++;
    if (this.moving) this.invalidate();
    else if (this.pending === 0) for (const done of this.waiting.splice(0)) done();
  };
}
