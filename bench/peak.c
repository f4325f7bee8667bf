/* The processor's own limit: fused multiply-adds in registers, float32, one thread, vectors of WIDTH bytes.
   cc -O3 -march=native -mprefer-vector-width=512 -DWIDTH=32 peak.c */
#include <stdio.h>
#include <time.h>

typedef float vector __attribute__((vector_size(WIDTH)));

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

int main(void) {
  enum { CHAINS = 12, STEPS = 2000000 };
  vector sums[CHAINS], factor, addend;
  for (int i = 0; i < WIDTH / 4; i++) factor[i] = 0.999f, addend[i] = 1e-3f;
  for (int c = 0; c < CHAINS; c++) sums[c] = addend * (float)(c + 1);
  double best = 0;
  for (int run = 0; run < 12; run++) {
    double started = now();
    for (int s = 0; s < STEPS; s++)
      for (int c = 0; c < CHAINS; c++) sums[c] = sums[c] * factor + addend;
    double gigaflops = 2.0 * (WIDTH / 4) * CHAINS * STEPS / (now() - started) / 1e9;
    if (gigaflops > best) best = gigaflops;
  }
  float total = 0;
  for (int c = 0; c < CHAINS; c++) total += sums[c][0];
  printf("%.1f %g\n", best, total);
}
