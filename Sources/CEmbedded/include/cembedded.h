// Data files that are part of the program, so that a copied binary has them.
#pragma once
#include <stddef.h>

enum {
  dlc_mnist_train_images,
  dlc_mnist_train_labels,
  dlc_mnist_test_images,
  dlc_mnist_test_labels,
};

// The bytes of one of the files above and their number; NULL and 0 for another index.
const unsigned char *dlc_embedded_file(int index, size_t *size);
