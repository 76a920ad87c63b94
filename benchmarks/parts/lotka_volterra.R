# Samples lotka_volterra.stan with rstan: Rscript lotka_volterra.R COMPILED.rds DATA.csv mode|random DRAWS
# Prints seconds of processor time without compilation, the least bulk ESS, the largest R-hat,
# gradients, divergent steps, and mean and standard deviation of each parameter.
suppressPackageStartupMessages(library(rstan))
rstan_options(boost_lib = "/usr/include")
Sys.setenv(CPPFLAGS = "-I/usr/include/eigen3")
given <- commandArgs(TRUE)
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE)))
if (!file.exists(given[1])) {
  saveRDS(stan_model(file.path(here, "lotka_volterra.stan")), given[1])
}
data <- read.csv(given[2])
y <- cbind(data$value[data$series == "hares"], data$value[data$series == "lynx"])
known <- list(N = 20, years = 1:20, first = y[1, ], later = y[-1, ])
mode <- function() list(theta = c(.55, .028, .8, .024), start = c(34, 5.9), sigma = c(.25, .25))
begin <- proc.time()
fit <- sampling(readRDS(given[1]), data = known, chains = 4, warmup = 1000,
                iter = 1000 + as.integer(given[4]), cores = 1, seed = 1, refresh = 0,
                init = if (given[3] == "mode") mode else "random")
seconds <- sum((proc.time() - begin)[c(1, 2)])
found <- as.data.frame(monitor(extract(fit, permuted = FALSE), warmup = 0, print = FALSE))
found <- found[rownames(found) != "lp__", ]
steps <- get_sampler_params(fit, inc_warmup = TRUE)
late <- get_sampler_params(fit, inc_warmup = FALSE)
cat("RESULT", seconds, min(found$Bulk_ESS), max(found$Rhat),
    sum(sapply(steps, function(s) sum(s[, "n_leapfrog__"]))),
    sum(sapply(late, function(s) sum(s[, "divergent__"]))), found$mean, found$sd, "\n")
