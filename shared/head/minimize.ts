// shared/head/minimize.ts: L-BFGS with a backtracking line search, for smooth convex losses of a few hundred unknowns.

/** Returns the loss at `at` and fills `gradient`. */
export type Loss = (at: Float64Array, gradient: Float64Array) => number;

interface Step {
  readonly move: Float64Array;
  readonly change: Float64Array;
  readonly inverse: number;
}

/** Steps remembered; 10 is the usual choice (Nocedal & Wright, 7.2). */
const MEMORY = 10;
const MAX_ITERATIONS = 300;
/** Stops when no entry of the gradient exceeds this share of max(1, loss). */
const TOLERANCE = 1e-6;
/** Sufficient decrease (Armijo) of the line search. */
const DECREASE = 1e-4;

/** Minimum of `loss` near `start`; deterministic. */
export function minimize(start: Float64Array, loss: Loss): { point: Float64Array; iterations: number } {
  let point: Float64Array = start.slice();
  let gradient: Float64Array = new Float64Array(point.length);
  let value = loss(point, gradient);
  const steps: Step[] = [];
  for (let iteration = 0; iteration < MAX_ITERATIONS; iteration++) {
    if (largest(gradient) <= TOLERANCE * Math.max(1, Math.abs(value)))
      return { point, iterations: iteration };
    const direction = toDirection(gradient, steps);
    const next = searchLine(loss, { point, gradient, value, direction, first: steps.length === 0 });
    if (!next) return { point, iterations: iteration };
    remember(steps, subtract(next.point, point), subtract(next.gradient, gradient));
    ({ point, gradient, value } = next);
  }
  return { point, iterations: MAX_ITERATIONS };
}

/** Two-loop recursion: −H⁻¹ · gradient from the remembered steps. */
function toDirection(gradient: Float64Array, steps: readonly Step[]): Float64Array {
  const direction = gradient.map((slope) => -slope);
  const factors: number[] = [];
  for (const { move, change, inverse } of [...steps].reverse()) {
    const factor = inverse * dot(move, direction);
    factors.push(factor);
    addScaled(direction, change, -factor);
  }
  const last = steps.at(-1);
  if (last) scale(direction, 1 / (last.inverse * dot(last.change, last.change)));
  for (const { move, change, inverse } of steps) {
    addScaled(direction, move, (factors.pop() ?? 0) - inverse * dot(change, direction));
  }
  return direction;
}

interface LineStart {
  readonly point: Float64Array;
  readonly gradient: Float64Array;
  readonly value: number;
  readonly direction: Float64Array;
  readonly first: boolean;
}

function searchLine(
  loss: Loss,
  { point, gradient, value, direction, first }: LineStart,
): { point: Float64Array; gradient: Float64Array; value: number } | undefined {
  const slope = dot(gradient, direction);
  let length = first ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))) : 1;
  for (let attempt = 0; attempt < 40; attempt++) {
    const next = point.slice();
    addScaled(next, direction, length);
    const nextGradient = new Float64Array(point.length);
    const nextValue = loss(next, nextGradient);
    if (nextValue <= value + DECREASE * length * slope) {
      return { point: next, gradient: nextGradient, value: nextValue };
    }
    length /= 2;
  }
  return undefined;
}

function remember(steps: Step[], move: Float64Array, change: Float64Array): void {
  const curvature = dot(move, change);
  if (curvature <= 1e-12) return;
  steps.push({ move, change, inverse: 1 / curvature });
  if (steps.length > MEMORY) steps.shift();
}

function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < left.length; index++) sum += (left[index] ?? 0) * (right[index] ?? 0);
  return sum;
}

function addScaled(target: Float64Array, added: Float64Array, factor: number): void {
  for (let index = 0; index < target.length; index++) {
    target[index] = (target[index] ?? 0) + factor * (added[index] ?? 0);
  }
}

function scale(target: Float64Array, factor: number): void {
  for (let index = 0; index < target.length; index++) target[index] = (target[index] ?? 0) * factor;
}

function subtract(left: Float64Array, right: Float64Array): Float64Array {
  return left.map((value, index) => value - (right[index] ?? 0));
}

function largest(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
