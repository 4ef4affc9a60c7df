// #embed costs milliseconds where an array literal of the same 820 kB takes the Swift compiler
// minutes; it is C23 and known to clang 19 and later as an extension in older modes.
#include "cembedded.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char train_images[] = {
#embed "../Runtime/Resources/mnist-5k/train-images-idx3-ubyte.gz"
};
static const unsigned char train_labels[] = {
#embed "../Runtime/Resources/mnist-5k/train-labels-idx1-ubyte.gz"
};
static const unsigned char test_images[] = {
#embed "../Runtime/Resources/mnist-5k/t10k-images-idx3-ubyte.gz"
};
static const unsigned char test_labels[] = {
#embed "../Runtime/Resources/mnist-5k/t10k-labels-idx1-ubyte.gz"
};

#define FILE_CASE(index, array) \
  case index: *size = sizeof array; return array

const unsigned char *dlc_embedded_file(int index, size_t *size) {
  switch (index) {
    FILE_CASE(dlc_mnist_train_images, train_images);
    FILE_CASE(dlc_mnist_train_labels, train_labels);
    FILE_CASE(dlc_mnist_test_images, test_images);
    FILE_CASE(dlc_mnist_test_labels, test_labels);
  }
  *size = 0;
  return NULL;
}
