// SPDX-License-Identifier: Apache-2.0
/* limits - every upper bound of Fedveil, and the relations between them. */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

enum {
    LIMIT_PARTICIPANTS = 10000,         // participants of one federation
    LIMIT_COHORT_SECURE = 4096,         // participants of one secure sum
    LIMIT_NAME = 64,                    // bytes of a participant's or tensor's name with final zero
    LIMIT_PATH = 1024,                  // bytes of a path with its final zero
    LIMIT_LIST = 64,                    // entries of a list in a config
    LIMIT_TENSORS = 4096,               // tensors of one model
    LIMIT_TENSOR_AXES = 4,              // axes of one tensor
    LIMIT_CHUNK = 1024 * 1024,          // payload bytes of one frame: a chunk of an update
    LIMIT_MODEL_CHUNK = 256 * 1024,     // of a model, which goes to many at once
    LIMIT_MESSAGE = LIMIT_CHUNK + 4096, // bytes of one frame on the wire
    LIMIT_CONTROL = 64 * 1024,          // bytes of one message without a payload
    LIMIT_CREDIT = 8,                   // chunks that may be asked for ahead
    LIMIT_IMAGE_SIDE = 8192,            // pixels of an image's longer side when read
    LIMIT_MIX = 16,                     // most images mixed into one
    LIMIT_CHOICES = 16,                 // most candidate numbers k of the policy
    LIMIT_BANDS = 192,                  // bands of a masked image: 64 for each of 3 components
    LIMIT_EIGENFACES = 1024,            // components of faces
    LIMIT_EIGENFACES_IMAGES = 2048,     // images that they are learned from
    LIMIT_MASK_INPUT = 1024,            // bytes that say what a mask takes, with a final zero
    LIMIT_MEMORY = 1024 * 1024,         // MiB of bands that are kept in memory
    LIMIT_FOLDS = 10,                   // folds of the verification protocol
    LIMIT_PASSES = 10000,               // passes over the images in a file of masked images
    LIMIT_TUNING = 1024,                // convolutions of a tuning file, and there:
    LIMIT_CHANNELS = 65536,             // channels of a map
    LIMIT_WINDOW = 64,                  // side, stride and pad of a window
    LIMIT_TILES = 1024,                 // tiles of a task, see winograd.h
    LIMIT_GRAPH_NODES = 1024,           // nodes of somebody else's network
};

#define LIMIT_PARAMETERS   ((size_t)1 << 28) // numbers of one model: 1 GiB of floats
#define LIMIT_GRAPH_FLOATS ((size_t)1 << 26) // weights of somebody else's network
#define LIMIT_GRAPH_MAP    ((size_t)1 << 24) // numbers of one of its maps of one image
#define LIMIT_FILE_CONFIG  ((size_t)1 << 20) // bytes of a config file
#define LIMIT_FILE_IMAGE   ((size_t)1 << 26) // bytes of an image file
#define LIMIT_FILE_MODEL   ((size_t)1 << 31) // bytes of a model file
#define LIMIT_FILE_TUNING  ((size_t)1 << 18) // bytes of a tuning file
#define LIMIT_FILE_TABLE   ((size_t)1 << 20) // bytes of a table of nodes or tensors
#define LIMIT_FILE_TENSORS ((size_t)1 << 42) // bytes of a file of masked images
#define LIMIT_FILE_CACHE   ((size_t)1 << 42) // bytes of a file of bands
#define LIMIT_FILE_INDEX   ((size_t)1 << 30) // bytes of an .idx file
#define LIMIT_FILE_JOURNAL ((size_t)1 << 28) // bytes of a ledger of secure sums
#define LIMIT_FILE_PICKLE  ((size_t)1 << 31) // bytes of a .bin file

_Static_assert(LIMIT_CHUNK % 8 == 0, "chunks hold whole integers of every width");
_Static_assert(LIMIT_CHUNK % LIMIT_MODEL_CHUNK == 0, "every offset is a multiple of the smaller");
_Static_assert(LIMIT_CONTROL <= LIMIT_MESSAGE, "a control message fits a frame");

#endif
