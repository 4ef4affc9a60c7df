# make train   builds dlc and trains the MNIST autoencoder on the digits inside the program
# make test    builds and runs all tests
# Both install the system libraries that are missing, from Debian (as root, or through sudo).

# Debian package of each C library: TinyCC, libgomp, zlib, libpng, libzip.
PACKAGES := libtcc-dev libgcc-12-dev zlib1g-dev libpng-dev libzip-dev
OUT ?= out

.PHONY: all build train test packages clean

all: build

build: packages
	swift build -c release --static-swift-stdlib --product dlc

train: build
	.build/release/dlc train autoencoder --out $(OUT)

# In release: the kernels' C is only as fast, and rounds only as it does for users, when optimized.
test: packages
	swift test -c release

packages:
	@missing=""; for package in $(PACKAGES); do \
	  dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q 'install ok installed' \
	    || missing="$$missing $$package"; \
	done; \
	if [ -n "$$missing" ]; then \
	  sudo=""; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	  echo "installing$$missing"; \
	  $$sudo apt-get update -qq && $$sudo apt-get install -y -qq --no-install-recommends $$missing; \
	fi

clean:
	swift package clean
