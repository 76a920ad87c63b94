// The model of posteriordb/lotka_volterra.mdl, for benchmarks/inference.py.
functions {
  real[] growth(real t, real[] z, real[] theta, real[] x_r, int[] x_i) {
    return {(theta[1] - theta[2] * z[2]) * z[1], (theta[4] * z[1] - theta[3]) * z[2]};
  }
}
data {
  int N;
  real years[N];
  real first[2];
  real later[N, 2];
}
parameters {
  real<lower=0> theta[4];
  real<lower=0> start[2];
  real<lower=0> sigma[2];
}
model {
  real z[N, 2] = integrate_ode_rk45(growth, start, 0, years, theta, rep_array(0.0, 0),
                                    rep_array(0, 0), 1e-5, 1e-3, 5e2);
  theta[1] ~ normal(1, 0.5);
  theta[2] ~ normal(0.05, 0.05);
  theta[3] ~ normal(1, 0.5);
  theta[4] ~ normal(0.05, 0.05);
  sigma ~ lognormal(-1, 1);
  start ~ lognormal(log(10), 1);
  first ~ lognormal(log(start), sigma);
  for (k in 1:2) later[, k] ~ lognormal(log(z[, k]), sigma[k]);
}
